#include "app/services/sample_project.h"

#include "app/storage/project_store.h"
#include "engine/base/paths.h"

#include <QDir>
#include <QFile>
#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

namespace palimpsest {
namespace {

constexpr int kDepth = 8; // of nodes in nodes

Result<QByteArray> contents(const QString& path) {
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return Error{ErrorCode::NotFound, "The sample file " + path.toStdString() + " cannot be read."};
    return file.readAll();
}

SceneText paragraphs(const QByteArray& utf8) {
    SceneText text;
    for (const QString& line : QString::fromUtf8(utf8).split('\n', Qt::SkipEmptyParts)) {
        Block block;
        Span span;
        span.text = line.trimmed();
        block.spans.push_back(std::move(span));
        text.blocks.push_back(std::move(block));
    }
    return text;
}

NodeKind kindOf(const QString& name) {
    if (name == "part") return NodeKind::Part;
    if (name == "chapter") return NodeKind::Chapter;
    return name == "note" ? NodeKind::Note : NodeKind::Scene;
}

class Builder {
public:
    Builder(ProjectStore& store, QDir folder, QString opened)
        : m_store(store), m_folder(std::move(folder)), m_opened(std::move(opened)) {}

    Result<void> addAll(const QJsonArray& nodes, NodeId parent, int depth) {
        if (depth > kDepth) return Error{ErrorCode::Corrupt, "The sample project is nested too deeply."};
        int position = 0;
        for (const QJsonValue& value : nodes)
            if (auto added = add(value.toObject(), parent, position++, depth); !added) return added;
        return {};
    }

private:
    Result<void> add(const QJsonObject& node, NodeId parent, int position, int depth) {
        auto id = m_store.addNode(parent, position, kindOf(node["kind"].toString()), node["title"].toString());
        if (!id) return id.error();
        if (const QString file = node["file"].toString(); !file.isEmpty()) {
            auto bytes = contents(m_folder.filePath(file));
            if (!bytes) return bytes.error();
            if (auto saved = m_store.saveText(*id, paragraphs(*bytes)); !saved) return saved;
            if (file == m_opened)
                if (auto set = m_store.setSetting("open_node", QString::number(*id)); !set) return set;
        }
        if (node["pinned"].toBool())
            if (auto pinned = m_store.setPinned(*id, true); !pinned) return pinned;
        return addAll(node["nodes"].toArray(), *id, depth + 1);
    }

    ProjectStore& m_store;
    QDir m_folder;
    QString m_opened;
};

} // namespace

Result<void> createProjectFrom(const QString& folder, const QString& path) {
    auto list = contents(QDir(folder).filePath("project.json"));
    if (!list) return list.error();
    const QJsonObject project = QJsonDocument::fromJson(*list).object();
    if (project["nodes"].toArray().isEmpty())
        return Error{ErrorCode::Corrupt, "The sample's project.json lists nothing; install the program again."};
    auto created = ProjectStore::create(path, project["title"].toString());
    if (!created.store) return Error{ErrorCode::Io, created.sentence.toStdString()};
    auto built =
        Builder(*created.store, QDir(folder), project["open"].toString()).addAll(project["nodes"].toArray(), 0, 0);
    QStringList words;
    for (const QJsonValue& word : project["words"].toArray()) words << word.toString();
    if (built && !words.isEmpty()) built = created.store->setSetting("spelling_words", words.join(u'\n'));
    created.store.reset();
    if (!built) QFile::remove(path);
    return built;
}

Result<void> createSampleProject(const QString& name, const QString& path) {
    const auto folder = resourceFile(std::filesystem::path("samples") / name.toStdString());
    if (folder.empty())
        return Error{ErrorCode::NotFound, "The sample project is not installed; start a new project instead."};
    return createProjectFrom(QString::fromStdString(folder.string()), path);
}

} // namespace palimpsest
