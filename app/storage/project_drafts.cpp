// Drafts and settings of a project.
#include "app/storage/project_parts.h"

namespace palimpsest {
namespace {

constexpr qsizetype kMaxTraceBytes = 64 << 20;
constexpr qsizetype kMaxSettingLength = 1 << 20;

const Error kNoSuchDraft{ErrorCode::NotFound, "That draft is not in the project any more."};

Result<void> checkDraft(const StoredDraft& draft) {
    const qsizetype largest = std::max(draft.trace.size(), std::max(draft.request.size(), draft.text.size()));
    if (largest <= kMaxTraceBytes) return {};
    return Error{ErrorCode::InvalidArgument, "This draft is too large to be kept."};
}

bool isOpen(SQLite::Database& database, qint64 draft) {
    SQLite::Statement row(database, "SELECT 1 FROM draft WHERE id = ? AND state = 0");
    bind(row, 1, draft);
    return row.executeStep();
}

void bindDraft(SQLite::Statement& statement, const StoredDraft& draft) {
    bind(statement, 1, draft.node);
    statement.bind(2, int(draft.state));
    bind(statement, 3, draft.created);
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
    draft.created = timeOf(row.getColumn(3));
    draft.text = textOf(row.getColumn(4));
    draft.request = bytesOf(row.getColumn(5));
    draft.model = textOf(row.getColumn(6));
    draft.modelHash = textOf(row.getColumn(7));
    return draft;
}

} // namespace

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
        if (draft.state == StoredDraft::State::Accepted && isOpen(database, draft.id))
            keepPresentText(database, draft.node, RevisionCause::BeforeDraft);
        SQLite::Statement update(database, "UPDATE draft SET node = ?, state = ?, created = ?, text = ?, request = ?, "
                                           "trace = ?, model = ?, model_hash = ? WHERE id = ?");
        bindDraft(update, draft);
        bind(update, 9, draft.id);
        if (update.exec() == 0) return kNoSuchDraft;
        return {};
    });
}

Result<std::vector<StoredDraft>> ProjectStore::drafts(NodeId node) const {
    return read<std::vector<StoredDraft>>([&](SQLite::Database& database) -> Result<std::vector<StoredDraft>> {
        SQLite::Statement rows(database, "SELECT id, node, state, created, text, request, model, model_hash FROM draft "
                                         "WHERE node = ? ORDER BY id DESC");
        bind(rows, 1, node);
        std::vector<StoredDraft> drafts;
        while (rows.executeStep()) drafts.push_back(draftOf(rows));
        return drafts;
    });
}

Result<QByteArray> ProjectStore::draftTrace(qint64 draft) const {
    return read<QByteArray>([&](SQLite::Database& database) -> Result<QByteArray> {
        SQLite::Statement row(database, "SELECT trace FROM draft WHERE id = ?");
        bind(row, 1, draft);
        if (!row.executeStep()) return kNoSuchDraft;
        return bytesOf(row.getColumn(0));
    });
}

Result<QHash<QString, QString>> ProjectStore::settings() const {
    return read<QHash<QString, QString>>([&](SQLite::Database& database) -> Result<QHash<QString, QString>> {
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
