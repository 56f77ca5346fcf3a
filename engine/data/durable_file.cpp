#include "engine/data/durable_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace palimpsest {
namespace {

Error systemError(const std::filesystem::path& path, int reason) {
    const bool full = reason == ENOSPC || reason == EDQUOT;
    return {full ? ErrorCode::Full : ErrorCode::Io, "cannot write " + path.string() + ": " + std::strerror(reason)};
}

} // namespace

Result<DurableFile> DurableFile::create(const std::filesystem::path& path) {
    DurableFile file(path);
    file.m_file = ::open(file.part().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file.m_file < 0) return systemError(path, errno);
    return file;
}

DurableFile::DurableFile(DurableFile&& other) noexcept
    : m_path(std::move(other.m_path)), m_file(std::exchange(other.m_file, -1)) {}

DurableFile::~DurableFile() {
    if (m_file < 0) return;
    ::close(m_file);
    ::unlink(part().c_str());
}

std::filesystem::path DurableFile::part() const {
    return m_path.string() + ".part";
}

Result<void> DurableFile::append(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
        const ssize_t count = ::write(m_file, bytes.data(), bytes.size());
        if (count < 0 && errno == EINTR) continue;
        if (count <= 0) return systemError(m_path, count < 0 ? errno : EIO);
        bytes = bytes.subspan(std::size_t(count));
    }
    return {};
}

Result<void> DurableFile::rewind() {
    if (::lseek(m_file, 0, SEEK_SET) != 0) return systemError(m_path, errno);
    return {};
}

Result<void> DurableFile::finish() {
    if (::fsync(m_file) != 0) return systemError(m_path, errno); // the destructor removes what is there
    if (::close(std::exchange(m_file, -1)) != 0 || ::rename(part().c_str(), m_path.c_str()) != 0) {
        const int reason = errno;
        ::unlink(part().c_str());
        return systemError(m_path, reason);
    }
    return syncFolder(m_path.parent_path());
}

Result<void> writeDurably(const std::filesystem::path& path, std::string_view text) {
    auto file = DurableFile::create(path);
    if (!file) return file.error();
    if (auto done = file->append(std::as_bytes(std::span(text.data(), text.size()))); !done) return done;
    return file->finish();
}

Result<void> syncFolder(const std::filesystem::path& folder) {
    const int descriptor = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (descriptor < 0) return systemError(folder, errno);
    const int outcome = ::fsync(descriptor), reason = errno;
    ::close(descriptor);
    if (outcome != 0) return systemError(folder, reason);
    return {};
}

} // namespace palimpsest
