// Inside of ProjectStore, shared by its source files.
#pragma once

#include "app/storage/backups.h"
#include "app/storage/connection.h"
#include "app/storage/project_lock.h"
#include "app/storage/project_store.h"

#include <optional>

namespace palimpsest {

struct ProjectStore::Parts {
    QString path;
    QString title, uuid;
    std::optional<ProjectLock> lock; // before the connection: let go of after it is closed
    std::unique_ptr<SQLite::Database> database;
    bool tidy = false;      // accepted: fold the log into the file when closing
    BackupFile newerBackup; // than what was opened; no path: none
    int place = -1;         // O_PATH descriptor of the file: tells a deleted one from one that was moved

    ~Parts();
    void connectAnew(); // throws SQLite::Exception
};

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

template<class T, class Body>
Result<T> ProjectStore::read(Body body) const {
    SQLite::Database& database = *m_parts->database;
    return guarded(&database, [&]() -> Result<T> { return body(database); });
}

extern const Error kNoSuchNode;

// SHA-256 of a stored text, kept beside it: a flipped bit in prose is found by nothing else.
QByteArray digestOf(const QByteArray& storedText);

// Columns as Qt's types. TEXT is UTF-8.
QString textOf(const SQLite::Column& column);
QByteArray bytesOf(const SQLite::Column& column);
QDateTime timeOf(const SQLite::Column& column);

void bind(SQLite::Statement& statement, int index, qint64 value);
void bind(SQLite::Statement& statement, int index, const QString& value);
void bind(SQLite::Statement& statement, int index, const QDateTime& value); // ISO 8601, UTC
void bindBlob(SQLite::Statement& statement, int index, const QByteArray& value);
void bindId(SQLite::Statement& statement, int index, qint64 id); // 0 is NULL

// All below are parts of a transaction of the caller, and throw SQLite::Exception.

std::vector<Node> readNodes(SQLite::Database& database);
std::vector<Marker> readMarkers(SQLite::Database& database); // in their order
// Inserts, updates and deletes what differs.
void writeNodes(SQLite::Database& database, const std::vector<Node>& before, const std::vector<Node>& after);
NodeId nextNodeId(SQLite::Database& database);

// An unchecked copy of the words in step with the texts; `text` null: of a node that is to be deleted.
void indexText(SQLite::Database& database, NodeId node, const SceneText* text);
void indexEverything(SQLite::Database& database); // of a file that came from an older version

Result<SceneText> readText(SQLite::Database& database, NodeId node);
// The text with its digest, count and index. Keeps no revision.
Result<void> writeText(SQLite::Database& database, NodeId node, const SceneText& text);
// The history of a text about to be overwritten: always, or when it is time.
void keepPresentText(SQLite::Database& database, NodeId node, RevisionCause cause);
void keepPresentTextNowAndThen(SQLite::Database& database, NodeId node);

} // namespace palimpsest
