#include "app/storage/project_store.h"

#include "app/storage/node_tree.h"
#include "app/storage/project_parts.h"

#include <algorithm>
#include <spdlog/spdlog.h>

namespace palimpsest {
namespace {

constexpr std::size_t kMaxMarkers = 200;

Result<bool> isBare(SQLite::Database& database, NodeId node) {
    SQLite::Statement any(database, "SELECT EXISTS (SELECT 1 FROM draft WHERE node = ?1) OR EXISTS (SELECT 1 FROM "
                                    "revision WHERE node = ?1) OR EXISTS (SELECT 1 FROM snapshot WHERE node = ?1)");
    bind(any, 1, node);
    any.executeStep();
    return any.getColumn(0).getInt() == 0;
}

Result<void> checkMarkers(const std::vector<Marker>& markers) {
    if (markers.size() > kMaxMarkers)
        return Error{ErrorCode::InvalidArgument, "A project can have 200 statuses and labels: remove some."};
    for (const Marker& marker : markers)
        if (auto checked = checkTitle(marker.name); !checked) return checked;
    return {};
}

void removeMarkersNotIn(SQLite::Database& database, const std::vector<Marker>& markers) {
    for (const Marker& old : readMarkers(database)) {
        if (std::any_of(markers.begin(), markers.end(), [&](const Marker& m) { return m.id == old.id; })) continue;
        for (const char* sql : {"UPDATE node SET status = NULL WHERE status = ?",
                                "UPDATE node SET label = NULL WHERE label = ?", "DELETE FROM marker WHERE id = ?"}) {
            SQLite::Statement statement(database, sql);
            bind(statement, 1, old.id);
            statement.exec();
        }
    }
}

} // namespace

ProjectStore::ProjectStore(std::unique_ptr<Parts> parts) : m_parts(std::move(parts)) {}

ProjectStore::~ProjectStore() {
    SQLite::Database& database = *m_parts->database;
    if (!isStillInPlace(database)) return; // the copy would be called after another file
    if (auto copied = makeBackup(); !copied) spdlog::warn("no backup at closing: {}", copied.error().message);
}

QString ProjectStore::path() const {
    return m_parts->path;
}

QString ProjectStore::title() const {
    return m_parts->title;
}

QString ProjectStore::uuid() const {
    return m_parts->uuid;
}

Result<std::vector<Node>> ProjectStore::nodes() const {
    return read<std::vector<Node>>([](SQLite::Database& database) { return readNodes(database); });
}

Result<AppliedChange> ProjectStore::apply(const ProjectChange& change) {
    AppliedChange applied;
    const auto written = write(true, [&](SQLite::Database& database) -> Result<void> {
        const std::vector<Node> before = readNodes(database);
        ChangeRunner runner(before, {[&](NodeId node) { return readText(database, node); },
                                     [&](NodeId node) { return isBare(database, node); }, nextNodeId(database)});
        auto done = runner.run(change);
        if (!done) return done.error();
        applied = std::move(*done);
        for (const EditText& text : applied.texts) keepPresentText(database, text.node, change.keeps);
        writeNodes(database, before, applied.nodes);
        for (const EditText& text : applied.texts) {
            if (auto put = writeText(database, text.node, text.after); !put) return put;
            findNode(applied.nodes, text.node)->words = countWords(text.after.plain());
        }
        return {};
    });
    if (!written) return written.error();
    return applied;
}

Result<NodeId> ProjectStore::addNode(NodeId parent, int position, NodeKind kind, const QString& title) {
    Node node;
    node.parent = parent;
    node.position = position;
    node.kind = kind;
    node.title = title;
    const auto applied = apply({{}, {AddNode{node, {}}}});
    if (!applied) return applied.error();
    return applied->added.front();
}

Result<void> ProjectStore::renameNode(NodeId node, const QString& title) {
    EditNode edit;
    edit.node = node;
    edit.title = title;
    if (auto applied = apply({{}, {edit}}); !applied) return applied.error();
    return {};
}

Result<void> ProjectStore::moveNode(NodeId node, NodeId parent, int position) {
    if (auto applied = apply({{}, {MoveNode{node, parent, position}}}); !applied) return applied.error();
    return {};
}

Result<void> ProjectStore::setPinned(NodeId node, bool pinned) {
    EditNode edit;
    edit.node = node;
    edit.pinned = pinned;
    if (auto applied = apply({{}, {edit}}); !applied) return applied.error();
    return {};
}

Result<void> ProjectStore::setTrashed(NodeId node, bool trashed) {
    EditNode edit;
    edit.node = node;
    edit.trashed = trashed;
    if (auto applied = apply({{}, {edit}}); !applied) return applied.error();
    return {};
}

Result<std::vector<Marker>> ProjectStore::markers() const {
    return read<std::vector<Marker>>([](SQLite::Database& database) { return readMarkers(database); });
}

Result<std::vector<Marker>> ProjectStore::setMarkers(std::vector<Marker> markers) {
    if (auto checked = checkMarkers(markers); !checked) return checked.error();
    const auto written = write(true, [&](SQLite::Database& database) -> Result<void> {
        removeMarkersNotIn(database, markers);
        SQLite::Statement put(database, "INSERT INTO marker (id, family, position, name, colour, shape) "
                                        "VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO UPDATE SET position = "
                                        "excluded.position, name = excluded.name, colour = excluded.colour, "
                                        "shape = excluded.shape");
        int position = 0;
        for (Marker& marker : markers) {
            put.reset();
            bindId(put, 1, marker.id);
            put.bind(2, int(marker.family));
            put.bind(3, position++);
            bind(put, 4, marker.name);
            bind(put, 5, qint64(marker.colour & 0xFFFFFF));
            put.bind(6, int(marker.shape));
            put.exec();
            if (marker.id == 0) marker.id = database.getLastInsertRowid();
        }
        markers = readMarkers(database);
        return {};
    });
    if (!written) return written.error();
    return markers;
}

Result<SceneText> ProjectStore::text(NodeId node) const {
    return read<SceneText>([node](SQLite::Database& database) { return readText(database, node); });
}

Result<void> ProjectStore::saveText(NodeId node, const SceneText& text) {
    auto refused = saveTexts({{node, text}});
    if (!refused) return refused.error();
    if (!refused->empty()) return refused->begin()->second;
    return {};
}

Result<ProjectStore::Refused> ProjectStore::saveTexts(const std::map<NodeId, SceneText>& texts) {
    Refused refused;
    const auto written = write(true, [&](SQLite::Database& database) -> Result<void> {
        refused.clear();
        for (const auto& [node, text] : texts) {
            keepPresentTextNowAndThen(database, node);
            if (auto put = writeText(database, node, text); !put) refused.emplace(node, put.error());
        }
        return {};
    });
    if (!written) return written.error();
    return refused;
}

} // namespace palimpsest
