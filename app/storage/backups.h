// Dated copies of a project, in `<name>.backups/` beside it: where a writer looks first, and moved with the project.
#pragma once

#include "engine/base/result.h"

#include <QDateTime>
#include <QStringList>
#include <SQLiteCpp/Database.h>

namespace palimpsest {

// Kept: the newest kKeptBackups, the newest of each of the last kKeptDays days that have any, and of each of the last
// kKeptWeeks weeks that have any.
constexpr int kKeptBackups = 10, kKeptDays = 14, kKeptWeeks = 8;

// Copies the open project as it stands, whole or not at all, unless its newest backup is of the same `revision`; then
// removes those that need not be kept. A name never has an earlier time than that of the newest there is, whatever the
// clock says: the newest by name is the newest that was made. Blocks for the copy.
Result<void> backUp(SQLite::Database& project, const QString& projectPath, qint64 revision);

// Which of these names, oldest first, need not be kept.
QStringList unneededBackups(const QStringList& names);

// A copy that is never removed by us, before a file of format `version` is upgraded.
Result<void> backUpBeforeUpgrade(SQLite::Database& project, const QString& projectPath, int version);

// A whole copy as `folder`/`name`; Io when that is there already. Nothing is left behind on failure.
Result<void> copyProject(SQLite::Database& project, const QString& folder, const QString& name);

struct BackupFile {
    QString path; // empty: there is none
    QDateTime made;
    qint64 revision = 0; // of the project in it
};
BackupFile newestBackup(const QString& projectPath);

} // namespace palimpsest
