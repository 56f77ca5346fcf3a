#include "engine/data/folder_lock.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <utility>

namespace palimpsest {

Result<FolderLock> FolderLock::take(const std::filesystem::path& folder, const char* what) {
    const int file = ::open((folder / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (file < 0) return Error{ErrorCode::Io, "cannot write to " + folder.string() + ": " + std::strerror(errno)};
    if (::flock(file, LOCK_EX | LOCK_NB) == 0) return FolderLock(file);
    const int reason = errno;
    ::close(file);
    if (reason == EWOULDBLOCK)
        return Error{ErrorCode::Locked, "another process " + std::string(what) + " in " + folder.string() + " already"};
    return Error{ErrorCode::Io, "cannot lock " + folder.string() + ": " + std::strerror(reason)};
}

FolderLock::FolderLock(FolderLock&& other) noexcept : m_file(std::exchange(other.m_file, -1)) {}

FolderLock::~FolderLock() {
    if (m_file >= 0) ::close(m_file);
}

} // namespace palimpsest
