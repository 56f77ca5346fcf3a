// The history of a project: earlier texts, automatic or under a name, each body stored once and compressed.
#include "app/storage/node_tree.h"
#include "app/storage/project_parts.h"
#include "app/storage/revision_thinning.h"

#include <QJsonArray>
#include <QJsonDocument>
#include <QJsonObject>

#include <algorithm>

namespace palimpsest {
namespace {

const Error kNoSuchRevision{ErrorCode::NotFound, "That version is not in the history any more."};

struct StoredText {
    QByteArray body, digest;
    QDateTime saved;
    int words = 0;
};

std::optional<StoredText> presentText(SQLite::Database& database, NodeId node) {
    SQLite::Statement row(database, "SELECT body, sha256, saved, words FROM text JOIN node ON node.id = text.node "
                                    "WHERE text.node = ?");
    bind(row, 1, node);
    if (!row.executeStep()) return std::nullopt;
    return StoredText{bytesOf(row.getColumn(0)), bytesOf(row.getColumn(1)), timeOf(row.getColumn(2)),
                      row.getColumn(3).getInt()};
}

qint64 storeBody(SQLite::Database& database, const StoredText& text) {
    SQLite::Statement known(database, "SELECT id FROM past_text WHERE sha256 = ?");
    bindBlob(known, 1, text.digest);
    if (known.executeStep()) return known.getColumn(0).getInt64();
    SQLite::Statement insert(database, "INSERT INTO past_text (sha256, body) VALUES (?, ?)");
    bindBlob(insert, 1, text.digest);
    bindBlob(insert, 2, qCompress(text.body));
    insert.exec();
    return database.getLastInsertRowid();
}

void insertRevision(SQLite::Database& database, NodeId node, const StoredText& text, RevisionCause cause,
                    qint64 snapshot = 0) {
    SQLite::Statement insert(database, "INSERT INTO revision (node, past, snapshot, cause, saved, kept, words) "
                                       "VALUES (?, ?, ?, ?, ?, ?, ?)");
    bind(insert, 1, node);
    bind(insert, 2, storeBody(database, text));
    bindId(insert, 3, snapshot);
    insert.bind(4, int(cause));
    bind(insert, 5, text.saved);
    bind(insert, 6, QDateTime::currentDateTimeUtc());
    insert.bind(7, text.words);
    insert.exec();
}

qint64 insertSnapshot(SQLite::Database& database, const QString& name, NodeId node, const QByteArray& tree) {
    SQLite::Statement insert(database, "INSERT INTO snapshot (node, name, created, tree) VALUES (?, ?, ?, ?)");
    bindId(insert, 1, node);
    bind(insert, 2, name);
    bind(insert, 3, QDateTime::currentDateTimeUtc());
    bindBlob(insert, 4, tree);
    insert.exec();
    return database.getLastInsertRowid();
}

void removeBodiesNobodyHolds(SQLite::Database& database, const std::vector<qint64>& bodies) {
    SQLite::Statement remove(database, "DELETE FROM past_text WHERE id = ?1 AND NOT EXISTS "
                                       "(SELECT 1 FROM revision WHERE past = ?1)");
    for (const qint64 body : bodies) {
        remove.reset();
        bind(remove, 1, body);
        remove.exec();
    }
}

void thinOut(SQLite::Database& database, NodeId node) {
    SQLite::Statement rows(database, "SELECT id, past, saved FROM revision WHERE node = ? AND snapshot IS NULL "
                                     "ORDER BY id DESC");
    bind(rows, 1, node);
    std::vector<std::pair<qint64, qint64>> ids; // and their bodies
    std::vector<QDateTime> times;
    while (rows.executeStep()) {
        ids.emplace_back(rows.getColumn(0).getInt64(), rows.getColumn(1).getInt64());
        times.push_back(timeOf(rows.getColumn(2)));
    }
    std::vector<qint64> bodies;
    SQLite::Statement remove(database, "DELETE FROM revision WHERE id = ?");
    for (const std::size_t old : thinnedOut(times)) {
        remove.reset();
        bind(remove, 1, ids[old].first);
        remove.exec();
        bodies.push_back(ids[old].second);
    }
    removeBodiesNobodyHolds(database, bodies);
}

QByteArray treeToJson(const std::vector<Node>& nodes) {
    QJsonArray rows;
    for (const Node& node : nodes)
        rows.append(QJsonObject{{u"id"_qs, node.id},
                                {u"parent"_qs, node.parent},
                                {u"position"_qs, node.position},
                                {u"title"_qs, node.title},
                                {u"synopsis"_qs, node.synopsis},
                                {u"trashed"_qs, node.trashed}});
    return qCompress(QJsonDocument(rows).toJson(QJsonDocument::Compact));
}

std::vector<Node> treeFromJson(const QByteArray& json) { // by parent and position
    std::vector<Node> nodes;
    const QJsonArray rows = QJsonDocument::fromJson(qUncompress(json)).array();
    for (const QJsonValue& row : rows) {
        Node node;
        node.id = row[u"id"].toInteger();
        node.parent = row[u"parent"].toInteger();
        node.position = row[u"position"].toInt();
        node.title = row[u"title"].toString();
        node.synopsis = row[u"synopsis"].toString();
        node.trashed = row[u"trashed"].toBool();
        nodes.push_back(std::move(node));
    }
    return nodes;
}

// The steps that take the tree to what it was, tried on a copy of it.
std::vector<ChangeStep> treeRestoration(std::vector<Node> now, const std::vector<Node>& then) {
    std::vector<ChangeStep> steps;
    for (const Node& old : then) {
        const Node* node = findNode(std::as_const(now), old.id);
        if (!node) continue;
        EditNode edit;
        edit.node = old.id;
        if (node->title != old.title) edit.title = old.title;
        if (node->synopsis != old.synopsis) edit.synopsis = old.synopsis;
        if (node->trashed != old.trashed) edit.trashed = old.trashed;
        if (edit.title || edit.synopsis || edit.trashed) steps.push_back(edit);
    }
    // First everything to the root, where nothing lies in itself, then each into its place, in order.

    std::vector<ChangeStep> moves;
    bool differs = false;
    for (const Node& old : then) {
        const Node* node = findNode(std::as_const(now), old.id);
        differs = differs || (node && (node->parent != old.parent || node->position != old.position));
        if (node && node->parent != 0) moves.push_back(MoveNode{old.id, 0, -1});
    }
    if (!differs) return steps;
    for (const Node& old : then)
        if (findNode(now, old.id) && (old.parent == 0 || findNode(now, old.parent)))
            moves.push_back(MoveNode{old.id, old.parent, old.position});
    steps.insert(steps.end(), moves.begin(), moves.end());
    return steps;
}

Result<SceneText> readPast(SQLite::Database& database, const char* sql, qint64 id) {
    SQLite::Statement row(database, sql);
    bind(row, 1, id);
    if (!row.executeStep()) return kNoSuchRevision;
    const QByteArray body = qUncompress(bytesOf(row.getColumn(0)));
    if (digestOf(body) != bytesOf(row.getColumn(1)))
        return Error{ErrorCode::Corrupt, "This version is damaged on the disk; the present text is not."};
    return fromStored(body);
}

Revision revisionOf(SQLite::Statement& row) {
    return {row.getColumn(0).getInt64(), row.getColumn(1).getInt64(), RevisionCause(row.getColumn(2).getInt()),
            timeOf(row.getColumn(3)),    row.getColumn(4).getInt(),   row.getColumn(5).getInt64(),
            textOf(row.getColumn(6))};
}

const char* const kRevisionColumns = "SELECT revision.id, revision.node, cause, saved, words, coalesce(snapshot, 0), "
                                     "coalesce(snapshot.name, '') FROM revision LEFT JOIN snapshot ON snapshot.id = "
                                     "revision.snapshot ";

std::vector<Revision> readRevisions(SQLite::Database& database, const char* condition, qint64 id) {
    SQLite::Statement rows(database, std::string(kRevisionColumns) + condition);
    bind(rows, 1, id);
    std::vector<Revision> revisions;
    while (rows.executeStep()) revisions.push_back(revisionOf(rows));
    return revisions;
}

} // namespace

void keepPresentText(SQLite::Database& database, NodeId node, RevisionCause cause) {
    const auto text = presentText(database, node);
    if (!text) return;
    SQLite::Statement newest(database, "SELECT sha256 FROM revision JOIN past_text ON past_text.id = past "
                                       "WHERE node = ? ORDER BY revision.id DESC LIMIT 1");
    bind(newest, 1, node);
    if (newest.executeStep() && bytesOf(newest.getColumn(0)) == text->digest) return;
    insertRevision(database, node, *text, cause);
    thinOut(database, node);
}

void keepPresentTextNowAndThen(SQLite::Database& database, NodeId node) {
    SQLite::Statement newest(database, "SELECT kept FROM revision WHERE node = ? ORDER BY id DESC LIMIT 1");
    bind(newest, 1, node);
    // A clock that was set back must not stop the history: only the distance counts.
    if (newest.executeStep() && std::abs(timeOf(newest.getColumn(0)).secsTo(QDateTime::currentDateTimeUtc())) <
                                    ProjectStore::kRevisionEverySeconds)
        return;
    keepPresentText(database, node, RevisionCause::Writing);
}

Result<std::vector<Revision>> ProjectStore::revisions(NodeId node) const {
    return read<std::vector<Revision>>([node](SQLite::Database& database) {
        return readRevisions(database, "WHERE revision.node = ? ORDER BY revision.id DESC", node);
    });
}

Result<SceneText> ProjectStore::revisionText(qint64 revision) const {
    return read<SceneText>([revision](SQLite::Database& database) {
        return readPast(database,
                        "SELECT body, sha256 FROM revision JOIN past_text ON past_text.id = past WHERE revision.id = ?",
                        revision);
    });
}

Result<void> ProjectStore::keepRevision(NodeId node, RevisionCause cause) {
    return write(true, [&](SQLite::Database& database) -> Result<void> {
        keepPresentText(database, node, cause);
        return {};
    });
}

Result<void> ProjectStore::addRevision(NodeId node, const SceneText& text, RevisionCause cause, const QDateTime& saved,
                                       qint64 snapshot) {
    const QByteArray body = toStored(text);
    return write(true, [&](SQLite::Database& database) -> Result<void> {
        if (auto there = readText(database, node); !there) return there.error();
        insertRevision(database, node, {body, digestOf(body), saved, countWords(text.plain())}, cause, snapshot);
        return {};
    });
}

Result<std::vector<Snapshot>> ProjectStore::snapshots() const {
    return read<std::vector<Snapshot>>([](SQLite::Database& database) {
        SQLite::Statement rows(database, "SELECT id, coalesce(node, 0), name, created FROM snapshot ORDER BY id DESC");
        std::vector<Snapshot> snapshots;
        while (rows.executeStep())
            snapshots.push_back({rows.getColumn(0).getInt64(), rows.getColumn(1).getInt64(), textOf(rows.getColumn(2)),
                                 timeOf(rows.getColumn(3))});
        return snapshots;
    });
}

Result<qint64> ProjectStore::takeSnapshot(const QString& name, NodeId node) {
    if (auto checked = checkTitle(name); !checked) return checked.error();
    qint64 id = 0;
    const auto written = write(true, [&](SQLite::Database& database) -> Result<void> {
        std::vector<Node> nodes = readNodes(database);
        if (node != 0 && !findNode(nodes, node)) return kNoSuchNode;
        id = insertSnapshot(database, name, node, node == 0 ? treeToJson(nodes) : QByteArray("", 0));
        for (const Node& each : nodes) {
            if (node != 0 && each.id != node) continue;
            if (const auto text = presentText(database, each.id))
                insertRevision(database, each.id, *text, RevisionCause::Snapshot, id);
        }
        return {};
    });
    if (!written) return written.error();
    return id;
}

Result<qint64> ProjectStore::addSnapshot(const QString& name) {
    if (auto checked = checkTitle(name); !checked) return checked.error();
    qint64 id = 0;
    const auto written = write(true, [&](SQLite::Database& database) -> Result<void> {
        id = insertSnapshot(database, name, 0, QByteArray("", 0));
        return {};
    });
    if (!written) return written.error();
    return id;
}

Result<void> ProjectStore::removeSnapshot(qint64 snapshot) {
    return write(true, [&](SQLite::Database& database) -> Result<void> {
        SQLite::Statement held(database, "SELECT past FROM revision WHERE snapshot = ?");
        bind(held, 1, snapshot);
        std::vector<qint64> bodies;
        while (held.executeStep()) bodies.push_back(held.getColumn(0).getInt64());
        for (const char* sql : {"DELETE FROM revision WHERE snapshot = ?", "DELETE FROM snapshot WHERE id = ?"}) {
            SQLite::Statement remove(database, sql);
            bind(remove, 1, snapshot);
            remove.exec();
        }
        removeBodiesNobodyHolds(database, bodies);
        return {};
    });
}

Result<std::vector<Revision>> ProjectStore::snapshotRevisions(qint64 snapshot) const {
    return read<std::vector<Revision>>([snapshot](SQLite::Database& database) {
        return readRevisions(database, "WHERE revision.snapshot = ? ORDER BY revision.id", snapshot);
    });
}

Result<ProjectChange> ProjectStore::restoration(qint64 snapshot, const QString& name) const {
    return read<ProjectChange>([&](SQLite::Database& database) -> Result<ProjectChange> {
        SQLite::Statement row(database, "SELECT tree FROM snapshot WHERE id = ?");
        bind(row, 1, snapshot);
        if (!row.executeStep()) return kNoSuchRevision;
        ProjectChange change{name, {}, RevisionCause::BeforeRestore};
        const QByteArray tree = bytesOf(row.getColumn(0));
        if (!tree.isEmpty()) change.steps = treeRestoration(readNodes(database), treeFromJson(tree));
        for (const Revision& revision :
             readRevisions(database, "WHERE revision.snapshot = ? ORDER BY revision.id", snapshot)) {
            auto now = readText(database, revision.node);
            auto then = readPast(database,
                                 "SELECT body, sha256 FROM revision JOIN past_text ON past_text.id = past WHERE "
                                 "revision.id = ?",
                                 revision.id);
            if (!now) return now.error();
            if (!then) return then.error();
            if (*now != *then) change.steps.push_back(EditText{revision.node, std::move(*now), std::move(*then)});
        }
        return change;
    });
}

} // namespace palimpsest
