#include "app/services/rescued_texts.h"

#include "engine/base/paths.h"

#include <QCoreApplication>
#include <QDir>
#include <QFileInfo>
#include <QJsonDocument>
#include <QJsonObject>
#include <QSaveFile>
#include <spdlog/spdlog.h>

namespace palimpsest {
namespace {

QString folder() {
    return QString::fromStdString((stateFolder() / "rescued").string());
}

bool writeWhole(const QString& path, const QByteArray& bytes) {
    QSaveFile file(path);
    return file.open(QIODevice::WriteOnly) && file.write(bytes) == bytes.size() && file.commit();
}

QString besides(const QString& plainPath) {
    return plainPath + QStringLiteral(".json");
}

} // namespace

ProjectChange broughtBack(NodeId node, SceneText text) {
    Node back;
    back.id = node;
    back.position = -1;
    back.title = QCoreApplication::translate("palimpsest::ProjectService", "Brought back");
    return {QCoreApplication::translate("palimpsest::ProjectService", "Bring back"), {AddNode{back, std::move(text)}}};
}

QString rescueText(const ProjectStore& store, NodeId node, const SceneText& text) {
    const QDateTime now = QDateTime::currentDateTimeUtc();
    const QString path = QStringLiteral("%1/%2 scene %3 %4.txt")
                             .arg(folder(), QFileInfo(store.path()).completeBaseName())
                             .arg(node)
                             .arg(now.toLocalTime().toString(QStringLiteral("yyyy-MM-dd HH.mm.ss")));
    if (!QDir().mkpath(folder()) || !writeWhole(path, text.plain().toUtf8())) return {};
    const QJsonObject all{{QStringLiteral("project"), store.uuid()},
                          {QStringLiteral("node"), node},
                          {QStringLiteral("saved"), now.toString(Qt::ISODateWithMs)},
                          {QStringLiteral("text"), QString::fromUtf8(toStored(text))}};
    if (!writeWhole(besides(path), QJsonDocument(all).toJson(QJsonDocument::Compact)))
        spdlog::warn("a rescued text is there as plain text only: {}", path.toStdString());
    return path;
}

std::vector<NodeId> takeOverRescued(ProjectStore& store) {
    std::vector<NodeId> nodes;
    const QDir rescued(folder());
    for (const QString& name : rescued.entryList({QStringLiteral("*.txt.json")}, QDir::Files, QDir::Name)) {
        QFile file(rescued.filePath(name));
        if (!file.open(QIODevice::ReadOnly)) continue;
        const QJsonObject all = QJsonDocument::fromJson(file.readAll()).object();
        if (all[u"project"].toString() != store.uuid() || store.uuid().isEmpty()) continue;
        const NodeId node = all[u"node"].toInteger();
        const auto text = fromStored(all[u"text"].toString().toUtf8());
        const auto present = store.text(node);
        const bool isGone = !present && present.error().code == ErrorCode::NotFound;
        if (!text || (!present && !isGone)) continue;
        if (isGone && !store.apply(broughtBack(node, *text))) continue;
        const bool differs = present && *present != *text;
        const QDateTime saved = QDateTime::fromString(all[u"saved"].toString(), Qt::ISODateWithMs);
        if (differs && !store.addRevision(node, *text, RevisionCause::Rescued, saved)) continue;
        if (differs) nodes.push_back(node);
        file.remove();
        QFile::remove(rescued.filePath(name.chopped(5))); // the plain one: ".json" less
    }
    return nodes;
}

} // namespace palimpsest
