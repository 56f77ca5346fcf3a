#include "app/services/project_worker.h"

#include "engine/base/paths.h"

#include <QDateTime>
#include <QDir>
#include <QFileInfo>
#include <QSaveFile>
#include <spdlog/spdlog.h>

namespace palimpsest {
namespace {

// The last resort for words that the project would not take: a plain file in the state folder. Empty when even that
// fails.
QString writeElsewhere(const ProjectStore& store, NodeId node, const SceneText& text) {
    const QString folder = QString::fromStdString((stateFolder() / "rescued").string());
    const QString name = QStringLiteral("%1/%2 scene %3 %4.txt")
                             .arg(folder, QFileInfo(store.path()).completeBaseName())
                             .arg(node)
                             .arg(QDateTime::currentDateTime().toString(QStringLiteral("yyyy-MM-dd HH.mm.ss")));
    QSaveFile file(name);
    if (!QDir().mkpath(folder) || !file.open(QIODevice::WriteOnly)) return {};
    file.write(text.plain().toUtf8());
    return file.commit() ? name : QString();
}

} // namespace

ProjectImage ProjectWorker::image(int ticket, ProjectStore::Opened opened) {
    ProjectImage image;
    image.outcome = opened.outcome;
    image.sentence = opened.sentence;
    if (!opened.store) return image;
    auto nodes = opened.store->nodes();
    auto markers = opened.store->markers();
    auto settings = opened.store->settings();
    if (!nodes || !markers || !settings) {
        const Error& error = !nodes ? nodes.error() : !markers ? markers.error() : settings.error();
        image.outcome = OpenOutcome::Unreadable;
        image.sentence = QString::fromStdString(error.message);
        return image;
    }
    image.usable = true;
    image.path = opened.store->path();
    image.title = opened.store->title();
    image.nodes = std::move(*nodes);
    image.markers = std::move(*markers);
    image.settings = std::move(*settings);
    m_prepared[ticket] = std::move(opened.store);
    return image;
}

ProjectImage ProjectWorker::prepare(int ticket, const QString& path) {
    return image(ticket, ProjectStore::open(path));
}

ProjectImage ProjectWorker::prepareNew(int ticket, const QString& path, const QString& title) {
    return image(ticket, ProjectStore::create(path, title));
}

QString ProjectWorker::adopt(int ticket, const UnsavedTexts& last) {
    const QString sentence = close(last);
    m_store = std::move(m_prepared[ticket]);
    m_prepared.erase(ticket);
    return sentence;
}

QString ProjectWorker::close(const UnsavedTexts& last) {
    QString sentence;
    for (const auto& [node, text] : last) {
        if (!m_store) break;
        const auto saved = m_store->saveText(node, text);
        if (saved) continue;
        const QString rescued = writeElsewhere(*m_store, node, text);
        const QString why = QString::fromStdString(saved.error().message);
        sentence =
            rescued.isEmpty()
                ? tr("The last words of a scene could not be saved: %1").arg(why)
                : tr("The last words of a scene could not be saved in the project and are in %1: %2").arg(rescued, why);
        spdlog::error("{}", sentence.toStdString());
    }
    m_store.reset();
    return sentence;
}

} // namespace palimpsest
