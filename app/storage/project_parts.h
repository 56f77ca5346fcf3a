// Inside of ProjectStore, shared by its two source files: opening, and everything after.
#pragma once

#include "app/storage/connection.h"
#include "app/storage/project_lock.h"
#include "app/storage/project_store.h"

#include <optional>

namespace palimpsest {

struct ProjectStore::Parts {
    QString path;
    QString title;
    std::optional<ProjectLock> lock; // before the connection: let go of after it is closed
    std::unique_ptr<SQLite::Database> database;
    bool tidy = false; // accepted: fold the log into the file when closing
    int place = -1;    // O_PATH descriptor of the file: tells a deleted one from one that was moved

    ~Parts();
    void connectAnew(); // throws SQLite::Exception
};

// SHA-256 of a stored text, kept beside it: a flipped bit in prose is found by nothing else.
QByteArray digestOf(const QByteArray& storedText);

// Columns as Qt's types. TEXT is UTF-8.
QString textOf(const SQLite::Column& column);
QByteArray bytesOf(const SQLite::Column& column);

} // namespace palimpsest
