// How this program uses SQLite: the settings of a connection, and the one place where its exceptions become errors.
#pragma once

#include "engine/base/result.h"

#include <QString>
#include <SQLiteCpp/Backup.h>
#include <SQLiteCpp/SQLiteCpp.h>
#include <memory>
#include <type_traits>

namespace palimpsest {

constexpr int kApplicationId = 0x50414C49; // "PALI", at offset 68 of the file

// Opens with the settings that keep a hostile or broken file harmless: no schema tricks, no writes to the schema
// tables, no memory map (which would end the program when the file shrinks under it). Until keepTidy() nothing that
// closes the connection touches the file. Throws SQLite::Exception.
std::unique_ptr<SQLite::Database> connect(const QString& path, int flags);

// The file is ours from now on: writes go to a log beside it, each one durable when it returns.
void keepTidy(SQLite::Database& database);

// Everything back into the one file. Best effort: what fails here is repeated at the next opening.
void emptyLog(SQLite::Database& database) noexcept;
// The same, and no log beside it.
void foldIntoOneFile(SQLite::Database& database) noexcept;

// False when the path the connection was opened with no longer leads to the file it has open.
bool isStillInPlace(SQLite::Database& database);

// What SQLite says, as a sentence for a writer. Reads the connection's last system error when there is one.
Error toError(const SQLite::Exception& exception, SQLite::Database* database);

// Runs `body`, which returns a Result; whatever it throws comes back as an error.
template<class Body>
std::invoke_result_t<Body> guarded(SQLite::Database* database, Body body) {
    try {
        return body();
    } catch (const SQLite::Exception& e) {
        return toError(e, database);
    } catch (const std::bad_alloc&) {
        return Error{ErrorCode::OutOfMemory,
                     "There is not enough memory for this: close other programs and try again."};
    } catch (const std::exception& e) {
        return Error{ErrorCode::Internal, std::string("The project could not be used: ") + e.what() + "."};
    }
}

} // namespace palimpsest
