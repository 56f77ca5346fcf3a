// A file mapped read-only into memory.
#pragma once

#include "engine/base/result.h"

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>

namespace palimpsest {

// The bytes stay valid as long as the object lives, also when the file is replaced or deleted meanwhile (our writers
// only ever replace whole files). Thread-safe.
class MappedFile {
public:
    // NotFound, Io; Corrupt for an empty file. `path` must be a regular file.
    static Result<std::shared_ptr<const MappedFile>> open(const std::filesystem::path& path);
    MappedFile(const MappedFile&) = delete;
    MappedFile& operator=(const MappedFile&) = delete;
    ~MappedFile();

    std::span<const std::byte> bytes() const { return {m_data, m_size}; }
    const std::filesystem::path& path() const { return m_path; }

private:
    MappedFile(std::filesystem::path path, const std::byte* data, std::size_t size);
    std::filesystem::path m_path;
    const std::byte* m_data = nullptr;
    std::size_t m_size = 0;
};

} // namespace palimpsest
