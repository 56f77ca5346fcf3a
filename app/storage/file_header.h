// The first bytes of a project file, read without SQLite: enough to refuse a file without touching it.
#pragma once

#include <QString>
#include <optional>

namespace palimpsest {

struct FileHeader {
    bool isSqlite = false;
    bool isShort = false; // too short for a header, or cut off in a page
    qint64 applicationId = 0;
    qint64 version = 0; // user_version
};

// Nothing when the file cannot be read. Blocks for one small read.
std::optional<FileHeader> readFileHeader(const QString& path);

} // namespace palimpsest
