// Dated copies of a project, in `<name>.backups/` beside it: where a writer looks first, and moved with the project.
#pragma once

#include "engine/base/result.h"

#include <QString>
#include <SQLiteCpp/Database.h>

namespace palimpsest {

constexpr int kKeptBackups = 10;

// Copies the open project as it stands, whole or not at all, unless its newest backup is of the same `revision`; then
// removes the oldest beyond kKeptBackups. Blocks for the copy.
Result<void> backUp(SQLite::Database& project, const QString& projectPath, qint64 revision);

// A copy that is never removed by us, before a file of format `version` is upgraded.
Result<void> backUpBeforeUpgrade(SQLite::Database& project, const QString& projectPath, int version);

// A whole copy as `folder`/`name`; Io when that is there already. Nothing is left behind on failure.
Result<void> copyProject(SQLite::Database& project, const QString& folder, const QString& name);

// Empty when there is none.
QString newestBackup(const QString& projectPath);

} // namespace palimpsest
