// Rows of the project's tables, read and written: what the rest of the store is made of.
#include "app/storage/node_tree.h"
#include "app/storage/project_parts.h"

#include <QCryptographicHash>

namespace palimpsest {
namespace {

constexpr qsizetype kMaxTextBytes = 64 << 20;

Node nodeOf(SQLite::Statement& row) {
    Node node;
    node.id = row.getColumn(0).getInt64();
    node.parent = row.getColumn(1).getInt64(); // NULL reads as 0, the root
    node.position = row.getColumn(2).getInt();
    node.kind = NodeKind(row.getColumn(3).getInt());
    node.title = textOf(row.getColumn(4));
    node.words = row.getColumn(5).getInt();
    node.pinned = row.getColumn(6).getInt() != 0;
    node.trashed = row.getColumn(7).getInt() != 0;
    node.synopsis = textOf(row.getColumn(8));
    node.status = row.getColumn(9).getInt64();
    node.label = row.getColumn(10).getInt64();
    return node;
}

void bindNode(SQLite::Statement& statement, const Node& node) {
    bindId(statement, 1, node.parent);
    statement.bind(2, node.position);
    statement.bind(3, int(node.kind));
    bind(statement, 4, node.title);
    statement.bind(5, int(node.pinned));
    statement.bind(6, int(node.trashed));
    bind(statement, 7, node.synopsis);
    bindId(statement, 8, node.status);
    bindId(statement, 9, node.label);
    bind(statement, 10, node.id);
}

bool sameRow(const Node& a, const Node& b) { // the words are written with the text
    Node other = b;
    other.words = a.words;
    return a == other;
}

void deleteNode(SQLite::Database& database, NodeId node) {
    indexText(database, node, nullptr);
    for (const char* sql : {"DELETE FROM text WHERE node = ?", "DELETE FROM node WHERE id = ?"}) {
        SQLite::Statement remove(database, sql);
        bind(remove, 1, node);
        remove.exec();
    }
}

} // namespace

const Error kNoSuchNode{ErrorCode::NotFound, "That part of the project is not there any more."};

QByteArray digestOf(const QByteArray& storedText) {
    return QCryptographicHash::hash(storedText, QCryptographicHash::Sha256);
}

QString textOf(const SQLite::Column& column) {
    return QString::fromUtf8(column.getText(), column.getBytes());
}

QByteArray bytesOf(const SQLite::Column& column) {
    const void* bytes = column.getBlob();
    return QByteArray(static_cast<const char*>(bytes), column.getBytes());
}

QDateTime timeOf(const SQLite::Column& column) {
    return QDateTime::fromString(textOf(column), Qt::ISODateWithMs);
}

void bind(SQLite::Statement& statement, int index, qint64 value) {
    statement.bind(index, std::int64_t(value));
}

void bind(SQLite::Statement& statement, int index, const QString& value) {
    statement.bind(index, value.toStdString());
}

void bind(SQLite::Statement& statement, int index, const QDateTime& value) {
    bind(statement, index, value.toUTC().toString(Qt::ISODateWithMs));
}

void bindBlob(SQLite::Statement& statement, int index, const QByteArray& value) {
    statement.bind(index, value.constData(), int(value.size()));
}

void bindId(SQLite::Statement& statement, int index, qint64 id) {
    if (id == 0)
        statement.bind(index);
    else
        bind(statement, index, id);
}

std::vector<Node> readNodes(SQLite::Database& database) {
    SQLite::Statement rows(database, "SELECT id, parent, position, kind, title, words, pinned, trashed, synopsis, "
                                     "status, label FROM node ORDER BY coalesce(parent, 0), position, id");
    std::vector<Node> nodes;
    while (rows.executeStep()) nodes.push_back(nodeOf(rows));
    return nodes;
}

std::vector<Marker> readMarkers(SQLite::Database& database) {
    SQLite::Statement rows(database,
                           "SELECT id, family, name, colour, shape FROM marker ORDER BY family, position, id");
    std::vector<Marker> markers;
    while (rows.executeStep()) {
        const int shape = rows.getColumn(4).getInt();
        markers.push_back({rows.getColumn(0).getInt64(), Marker::Family(rows.getColumn(1).getInt()),
                           textOf(rows.getColumn(2)), quint32(rows.getColumn(3).getInt64()),
                           shape <= int(MarkerShape::Hexagon) ? MarkerShape(shape) : MarkerShape::Circle});
    }
    return markers;
}

void writeNodes(SQLite::Database& database, const std::vector<Node>& before, const std::vector<Node>& after) {
    database.exec("PRAGMA defer_foreign_keys = ON"); // for this transaction: in any order
    QHash<NodeId, const Node*> old;
    for (const Node& node : before) old.insert(node.id, &node);
    SQLite::Statement update(database, "UPDATE node SET parent = ?, position = ?, kind = ?, title = ?, pinned = ?, "
                                       "trashed = ?, synopsis = ?, status = ?, label = ? WHERE id = ?");
    SQLite::Statement insert(database, "INSERT INTO node (parent, position, kind, title, pinned, trashed, synopsis, "
                                       "status, label, id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
    for (const Node& node : after) {
        const Node* was = old.take(node.id);
        if (was && sameRow(*was, node)) continue;
        SQLite::Statement& put = was ? update : insert;
        put.reset();
        bindNode(put, node);
        put.exec();
    }
    for (const Node* gone : std::as_const(old)) deleteNode(database, gone->id);
}

NodeId nextNodeId(SQLite::Database& database) {
    return database
               .execAndGet("SELECT max(coalesce((SELECT max(id) FROM node), 0), "
                           "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'node'), 0))")
               .getInt64() +
           1;
}

Result<SceneText> readText(SQLite::Database& database, NodeId node) {
    SQLite::Statement row(database, "SELECT body, sha256 FROM node LEFT JOIN text ON text.node = node.id "
                                    "WHERE node.id = ?");
    bind(row, 1, node);
    if (!row.executeStep()) return kNoSuchNode;
    if (row.getColumn(0).isNull()) return SceneText{}; // never written in
    const QByteArray body = bytesOf(row.getColumn(0));
    if (digestOf(body) != bytesOf(row.getColumn(1)))
        return Error{ErrorCode::Corrupt, "The text of this scene is damaged on the disk: open a backup."};
    return fromStored(body);
}

Result<void> writeText(SQLite::Database& database, NodeId node, const SceneText& text) {
    const QByteArray body = toStored(text);
    if (body.size() > kMaxTextBytes)
        return Error{ErrorCode::InvalidArgument, "This scene is longer than 64 MB: split it into several."};
    SQLite::Statement count(database, "UPDATE node SET words = ? WHERE id = ?");
    count.bind(1, countWords(text.plain()));
    bind(count, 2, node);
    if (count.exec() == 0) return kNoSuchNode;
    SQLite::Statement put(database, "INSERT INTO text (node, revision, saved, body, sha256) VALUES (?, 1, ?, ?, ?) "
                                    "ON CONFLICT (node) DO UPDATE SET revision = revision + 1, saved = excluded.saved, "
                                    "body = excluded.body, sha256 = excluded.sha256");
    bind(put, 1, node);
    bind(put, 2, QDateTime::currentDateTimeUtc());
    put.bind(3, body.toStdString());
    bindBlob(put, 4, digestOf(body));
    put.exec();
    indexText(database, node, &text);
    return {};
}

} // namespace palimpsest
