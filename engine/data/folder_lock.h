// A folder that one process at a time works in.
#pragma once

#include "engine/base/result.h"

#include <filesystem>

namespace palimpsest {

// Holds the file `lock` in a folder; the system frees it when the process ends, however it does. Linux: flock().
class FolderLock {
public:
    // Locked when another process holds it, Io. `what` is done there: "trains".
    static Result<FolderLock> take(const std::filesystem::path& folder, const char* what);
    FolderLock(FolderLock&& other) noexcept;
    FolderLock& operator=(FolderLock&&) = delete;
    ~FolderLock();

private:
    explicit FolderLock(int file) : m_file(file) {}
    int m_file = -1;
};

} // namespace palimpsest
