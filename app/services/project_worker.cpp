#include "app/services/project_worker.h"

#include "app/services/rescued_texts.h"

#include <spdlog/spdlog.h>

namespace palimpsest {
ProjectImage ProjectWorker::image(int ticket, ProjectStore::Opened opened) {
    ProjectImage image;
    image.outcome = opened.outcome;
    image.sentence = opened.sentence;
    if (!opened.store) return image;
    image.rescued = takeOverRescued(*opened.store); // first: it may add to the tree
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
    image.newerBackup = opened.store->newerBackup();
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
    const UnsavedTexts none;
    const auto refused = m_store ? m_store->saveTexts(last) : ProjectStore::Refused();
    for (const auto& [node, text] : m_store ? last : none) {
        if (refused && refused->count(node) == 0) continue;
        const auto saved = m_store->saveText(node, text); // alone it may fit
        if (saved) continue;
        if (saved.error().code == ErrorCode::NotFound && m_store->apply(broughtBack(node, text))) continue;
        const QString rescued = rescueText(*m_store, node, text);
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
