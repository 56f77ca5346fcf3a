// A file that is replaced as a whole or not at all.
#pragma once

#include "engine/base/result.h"

#include <cstddef>
#include <filesystem>
#include <span>

namespace palimpsest {

// Writes `<path>.part`; finish() makes its bytes durable, renames it to `path` and makes the rename durable.
// Destroyed before finish(): nothing is left behind. Io, Full.
class DurableFile {
public:
    static Result<DurableFile> create(const std::filesystem::path& path);
    DurableFile(DurableFile&& other) noexcept;
    DurableFile& operator=(DurableFile&&) = delete;
    ~DurableFile();

    Result<void> append(std::span<const std::byte> bytes);
    Result<void> rewind(); // what is appended next overwrites the file's beginning
    Result<void> finish();

private:
    explicit DurableFile(std::filesystem::path path) : m_path(std::move(path)) {}
    std::filesystem::path part() const;
    std::filesystem::path m_path;
    int m_file = -1;
};

// The whole of a small text file.
Result<void> writeDurably(const std::filesystem::path& path, std::string_view text);

// Makes what was renamed or created in a folder outlive a loss of power.
Result<void> syncFolder(const std::filesystem::path& folder);

} // namespace palimpsest
