#include "app/storage/project_store.h"

#include "app/document/scene_text.h"
#include "app/storage/backups.h"
#include "app/storage/node_tree.h"
#include "app/storage/project_parts.h"

#include <QCryptographicHash>

namespace palimpsest {
namespace {

constexpr qsizetype kMaxTextBytes = 64 << 20;
constexpr qsizetype kMaxTraceBytes = 64 << 20;
constexpr qsizetype kMaxSettingLength = 1 << 20;

const Error kNoSuchNode{ErrorCode::NotFound, "That part of the project is not there any more."};

void bind(SQLite::Statement& statement, int index, qint64 value) {
    statement.bind(index, std::int64_t(value));
}

void bind(SQLite::Statement& statement, int index, const QString& value) {
    statement.bind(index, value.toStdString());
}

void bindBlob(SQLite::Statement& statement, int index, const QByteArray& value) {
    statement.bind(index, value.constData(), int(value.size()));
}

QString now() {
    return QDateTime::currentDateTimeUtc().toString(Qt::ISODateWithMs);
}

void bindParent(SQLite::Statement& statement, int index, NodeId parent) {
    if (parent == 0)
        statement.bind(index);
    else
        bind(statement, index, parent);
}

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
    return node;
}

std::vector<Node> readNodes(SQLite::Database& database) {
    SQLite::Statement rows(database, "SELECT id, parent, position, kind, title, words, pinned, trashed FROM node "
                                     "ORDER BY coalesce(parent, 0), position, id");
    std::vector<Node> nodes;
    while (rows.executeStep()) nodes.push_back(nodeOf(rows));
    return nodes;
}

void writePlaces(SQLite::Database& database, const std::vector<Node>& before, const std::vector<Node>& after) {
    SQLite::Statement update(database, "UPDATE node SET parent = ?, position = ? WHERE id = ?");
    for (const Node& node : after) {
        const Node* old = findNode(before, node.id);
        if (!old || (old->parent == node.parent && old->position == node.position)) continue;
        update.reset();
        bindParent(update, 1, node.parent);
        update.bind(2, node.position);
        bind(update, 3, node.id);
        update.exec();
    }
}

Result<void> setFlag(SQLite::Database& database, const char* sql, NodeId node, bool value) {
    SQLite::Statement update(database, sql);
    update.bind(1, int(value));
    bind(update, 2, node);
    if (update.exec() == 0) return kNoSuchNode;
    return {};
}

Result<void> checkDraft(const StoredDraft& draft) {
    const qsizetype largest = std::max(draft.trace.size(), std::max(draft.request.size(), draft.text.size()));
    if (largest <= kMaxTraceBytes) return {};
    return Error{ErrorCode::InvalidArgument, "This draft is too large to be kept."};
}

void bindDraft(SQLite::Statement& statement, const StoredDraft& draft) {
    bind(statement, 1, draft.node);
    statement.bind(2, int(draft.state));
    bind(statement, 3, draft.created.toUTC().toString(Qt::ISODateWithMs));
    bind(statement, 4, draft.text);
    bindBlob(statement, 5, draft.request);
    bindBlob(statement, 6, draft.trace);
    bind(statement, 7, draft.model);
    bind(statement, 8, draft.modelHash);
}

StoredDraft draftOf(SQLite::Statement& row) {
    StoredDraft draft;
    draft.id = row.getColumn(0).getInt64();
    draft.node = row.getColumn(1).getInt64();
    draft.state = StoredDraft::State(row.getColumn(2).getInt());
    draft.created = QDateTime::fromString(textOf(row.getColumn(3)), Qt::ISODateWithMs);
    draft.text = textOf(row.getColumn(4));
    draft.request = bytesOf(row.getColumn(5));
    draft.model = textOf(row.getColumn(6));
    draft.modelHash = textOf(row.getColumn(7));
    return draft;
}

} // namespace

QByteArray digestOf(const QByteArray& storedText) {
    return QCryptographicHash::hash(storedText, QCryptographicHash::Sha256);
}

QString textOf(const SQLite::Column& column) {
    return QString::fromStdString(column.getString());
}

QByteArray bytesOf(const SQLite::Column& column) {
    const std::string bytes = column.getString();
    return QByteArray(bytes.data(), qsizetype(bytes.size()));
}

template<class Body>
Result<void> ProjectStore::write(bool content, Body body) {
    if (auto inPlace = makeSureOfPlace(); !inPlace) return inPlace;
    SQLite::Database& database = *m_parts->database;
    return guarded(&database, [&]() -> Result<void> {
        SQLite::Transaction transaction(database, SQLite::TransactionBehavior::IMMEDIATE);
        if (Result<void> done = body(database); !done) return done;
        if (content) database.exec("UPDATE project SET revision = revision + 1");
        transaction.commit();
        return {};
    });
}

ProjectStore::ProjectStore(std::unique_ptr<Parts> parts) : m_parts(std::move(parts)) {}

ProjectStore::~ProjectStore() = default;

QString ProjectStore::path() const {
    return m_parts->path;
}

QString ProjectStore::title() const {
    return m_parts->title;
}

Result<void> ProjectStore::makeBackup() {
    SQLite::Database& database = *m_parts->database;
    return guarded(&database, [&]() -> Result<void> {
        const qint64 revision = database.execAndGet("SELECT revision FROM project").getInt64();
        return backUp(database, m_parts->path, revision);
    });
}

Result<std::vector<Node>> ProjectStore::nodes() const {
    SQLite::Database& database = *m_parts->database;
    return guarded(&database, [&]() -> Result<std::vector<Node>> { return readNodes(database); });
}

Result<NodeId> ProjectStore::addNode(NodeId parent, int position, NodeKind kind, const QString& title) {
    NodeId id = 0;
    const auto written = write(true, [&](SQLite::Database& database) -> Result<void> {
        if (auto checked = checkTitle(title); !checked) return checked;
        const std::vector<Node> before = readNodes(database);
        std::vector<Node> after = before;
        if (auto put = insertIntoTree(after, {0, parent, position, kind, title}); !put) return put;
        writePlaces(database, before, after);
        SQLite::Statement insert(database, "INSERT INTO node (parent, position, kind, title) VALUES (?, ?, ?, ?)");
        bindParent(insert, 1, parent);
        insert.bind(2, findNode(after, 0)->position);
        insert.bind(3, int(kind));
        bind(insert, 4, title);
        insert.exec();
        id = database.getLastInsertRowid();
        return {};
    });
    if (!written) return written.error();
    return id;
}

Result<void> ProjectStore::renameNode(NodeId node, const QString& title) {
    return write(true, [&](SQLite::Database& database) -> Result<void> {
        if (auto checked = checkTitle(title); !checked) return checked;
        SQLite::Statement update(database, "UPDATE node SET title = ? WHERE id = ?");
        bind(update, 1, title);
        bind(update, 2, node);
        if (update.exec() == 0) return kNoSuchNode;
        return {};
    });
}

Result<void> ProjectStore::moveNode(NodeId node, NodeId parent, int position) {
    return write(true, [&](SQLite::Database& database) -> Result<void> {
        const std::vector<Node> before = readNodes(database);
        std::vector<Node> after = before;
        if (auto moved = moveInTree(after, node, parent, position); !moved) return moved;
        writePlaces(database, before, after);
        return {};
    });
}

Result<void> ProjectStore::setPinned(NodeId node, bool pinned) {
    return write(true, [&](SQLite::Database& database) {
        return setFlag(database, "UPDATE node SET pinned = ? WHERE id = ?", node, pinned);
    });
}

Result<void> ProjectStore::setTrashed(NodeId node, bool trashed) {
    return write(true, [&](SQLite::Database& database) {
        return setFlag(database, "UPDATE node SET trashed = ? WHERE id = ?", node, trashed);
    });
}

Result<SceneText> ProjectStore::text(NodeId node) const {
    SQLite::Database& database = *m_parts->database;
    return guarded(&database, [&]() -> Result<SceneText> {
        SQLite::Statement row(database, "SELECT body, sha256 FROM node LEFT JOIN text ON text.node = node.id "
                                        "WHERE node.id = ?");
        bind(row, 1, node);
        if (!row.executeStep()) return kNoSuchNode;
        if (row.getColumn(0).isNull()) return SceneText{}; // never written in
        const QByteArray body = bytesOf(row.getColumn(0));
        if (digestOf(body) != bytesOf(row.getColumn(1)))
            return Error{ErrorCode::Corrupt, "The text of this scene is damaged on the disk: open a backup."};
        return fromStored(body);
    });
}

Result<void> ProjectStore::saveText(NodeId node, const SceneText& text) {
    const QByteArray body = toStored(text);
    if (body.size() > kMaxTextBytes)
        return Error{ErrorCode::InvalidArgument, "This scene is longer than 64 MB: split it into several."};
    return write(true, [&](SQLite::Database& database) -> Result<void> {
        SQLite::Statement count(database, "UPDATE node SET words = ? WHERE id = ?");
        count.bind(1, countWords(text.plain()));
        bind(count, 2, node);
        if (count.exec() == 0) return kNoSuchNode;
        SQLite::Statement put(database,
                              "INSERT INTO text (node, revision, saved, body, sha256) VALUES (?, 1, ?, ?, ?) "
                              "ON CONFLICT (node) DO UPDATE SET revision = revision + 1, saved = excluded.saved, "
                              "body = excluded.body, sha256 = excluded.sha256");
        bind(put, 1, node);
        bind(put, 2, now());
        put.bind(3, body.toStdString());
        bindBlob(put, 4, digestOf(body));
        put.exec();
        return {};
    });
}

Result<qint64> ProjectStore::addDraft(const StoredDraft& draft) {
    if (auto checked = checkDraft(draft); !checked) return checked.error();
    qint64 id = 0;
    const auto written = write(true, [&](SQLite::Database& database) -> Result<void> {
        SQLite::Statement exists(database, "SELECT 1 FROM node WHERE id = ?");
        bind(exists, 1, draft.node);
        if (!exists.executeStep()) return kNoSuchNode;
        SQLite::Statement insert(database, "INSERT INTO draft (node, state, created, text, request, trace, model, "
                                           "model_hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?)");
        bindDraft(insert, draft);
        insert.exec();
        id = database.getLastInsertRowid();
        return {};
    });
    if (!written) return written.error();
    return id;
}

Result<void> ProjectStore::updateDraft(const StoredDraft& draft) {
    if (auto checked = checkDraft(draft); !checked) return checked;
    return write(true, [&](SQLite::Database& database) -> Result<void> {
        SQLite::Statement update(database, "UPDATE draft SET node = ?, state = ?, created = ?, text = ?, request = ?, "
                                           "trace = ?, model = ?, model_hash = ? WHERE id = ?");
        bindDraft(update, draft);
        bind(update, 9, draft.id);
        if (update.exec() == 0) return Error{ErrorCode::NotFound, "That draft is not in the project any more."};
        return {};
    });
}

Result<std::vector<StoredDraft>> ProjectStore::drafts(NodeId node) const {
    SQLite::Database& database = *m_parts->database;
    return guarded(&database, [&]() -> Result<std::vector<StoredDraft>> {
        SQLite::Statement rows(database, "SELECT id, node, state, created, text, request, model, model_hash FROM draft "
                                         "WHERE node = ? ORDER BY id DESC");
        bind(rows, 1, node);
        std::vector<StoredDraft> drafts;
        while (rows.executeStep()) drafts.push_back(draftOf(rows));
        return drafts;
    });
}

Result<QByteArray> ProjectStore::draftTrace(qint64 draft) const {
    SQLite::Database& database = *m_parts->database;
    return guarded(&database, [&]() -> Result<QByteArray> {
        SQLite::Statement row(database, "SELECT trace FROM draft WHERE id = ?");
        bind(row, 1, draft);
        if (!row.executeStep()) return Error{ErrorCode::NotFound, "That draft is not in the project any more."};
        return bytesOf(row.getColumn(0));
    });
}

Result<QHash<QString, QString>> ProjectStore::settings() const {
    SQLite::Database& database = *m_parts->database;
    return guarded(&database, [&]() -> Result<QHash<QString, QString>> {
        SQLite::Statement rows(database, "SELECT key, value FROM setting");
        QHash<QString, QString> settings;
        while (rows.executeStep()) settings.insert(textOf(rows.getColumn(0)), textOf(rows.getColumn(1)));
        return settings;
    });
}

Result<void> ProjectStore::setSetting(const QString& key, const QString& value) {
    if (key.size() > kMaxSettingLength || value.size() > kMaxSettingLength)
        return Error{ErrorCode::InvalidArgument, "This setting is too long to be kept."};
    return write(false, [&](SQLite::Database& database) -> Result<void> {
        SQLite::Statement put(database, "INSERT INTO setting (key, value) VALUES (?, ?) "
                                        "ON CONFLICT (key) DO UPDATE SET value = excluded.value");
        bind(put, 1, key);
        bind(put, 2, value);
        put.exec();
        return {};
    });
}

} // namespace palimpsest
