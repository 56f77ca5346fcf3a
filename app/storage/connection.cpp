#include "app/storage/connection.h"

#include <cerrno>
#include <cstring>
#include <spdlog/spdlog.h>
#include <sqlite3.h>

namespace palimpsest {
namespace {

constexpr int kBusyTimeoutMs = 5000; // a reader of another program, such as a backup tool

bool isFull(int code, int systemError) {
    return code == SQLITE_FULL || systemError == ENOSPC || systemError == EDQUOT || systemError == EFBIG;
}

void runQuietly(SQLite::Database& database, const char* pragma) noexcept {
    try {
        SQLite::Statement(database, pragma).executeStep();
    } catch (const std::exception& e) {
        spdlog::warn("the project keeps its log file: {}", e.what());
    }
}

} // namespace

std::unique_ptr<SQLite::Database> connect(const QString& path, int flags) {
    auto database = std::make_unique<SQLite::Database>(path.toStdString(), flags, kBusyTimeoutMs);
    sqlite3* handle = database->getHandle();
    sqlite3_db_config(handle, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
    sqlite3_db_config(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
    database->exec("PRAGMA mmap_size = 0");
    database->exec("PRAGMA cell_size_check = ON");
    database->exec("PRAGMA foreign_keys = ON");
    return database;
}

void keepTidy(SQLite::Database& database) {
    sqlite3_db_config(database.getHandle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, nullptr);
    database.execAndGet("PRAGMA journal_mode = WAL");
    // FULL syncs the log at every commit: a power cut loses no more than a crash does, nothing committed. It costs
    // milliseconds on the worker thread, once a second at most.
    database.exec("PRAGMA synchronous = FULL");
}

void emptyLog(SQLite::Database& database) noexcept {
    runQuietly(database, "PRAGMA wal_checkpoint(TRUNCATE)");
}

void foldIntoOneFile(SQLite::Database& database) noexcept {
    emptyLog(database);
    runQuietly(database, "PRAGMA journal_mode = DELETE");
}

bool isStillInPlace(SQLite::Database& database) {
    int moved = 0;
    sqlite3_file_control(database.getHandle(), "main", SQLITE_FCNTL_HAS_MOVED, &moved);
    return moved == 0;
}

Error toError(const SQLite::Exception& exception, SQLite::Database* database) {
    const int code = exception.getErrorCode() & 0xFF; // a failed backup tells its detail in the same number
    const int systemError = database ? sqlite3_system_errno(database->getHandle()) : 0;
    if (isFull(code, code == SQLITE_IOERR ? systemError : 0))
        return {ErrorCode::Full, "There is no room left on the disk: free some, and saving goes on."};
    switch (code) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return {ErrorCode::Locked, "Another program is using the project file: close it there."};
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB: return {ErrorCode::Corrupt, "The project file is damaged: open a backup of it."};
    case SQLITE_NOMEM:
        return {ErrorCode::OutOfMemory, "There is not enough memory for this: close other programs and try again."};
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
    case SQLITE_IOERR: {
        const int extended = exception.getExtendedErrorCode();
        const int detail = extended > 0 ? extended : exception.getErrorCode();
        if (detail == SQLITE_IOERR_WRITE || detail == SQLITE_IOERR_TRUNCATE || detail == SQLITE_IOERR_FSYNC)
            return {ErrorCode::Io, "The project file could not be written: see that its disk has room and works."};
        const std::string why = systemError != 0 ? std::strerror(systemError) : exception.getErrorStr();
        return {ErrorCode::Io, "The project file could not be read or written (" + why + "): check its folder."};
    }
    default: break;
    }
    return {ErrorCode::Internal, std::string("The project could not be used: ") + exception.what() + "."};
}

} // namespace palimpsest
