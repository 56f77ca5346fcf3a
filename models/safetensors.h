// Reading and writing safetensors files (https://github.com/huggingface/safetensors): an 8-byte little-endian header
// length, a JSON header, tensor bytes. Nothing in such a file can be executed.
#pragma once

#include "engine/base/result.h"
#include "models/mapped_file.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace palimpsest {

enum class StoredType { F32, F16, BF16, I64, I8 };

// Of the (N) f32 scales that belong to the (N, K) `I8` tensor of the name before it.
constexpr const char* kScalesSuffix = ".scales";

std::size_t storedTypeBytes(StoredType type);
const char* storedTypeName(StoredType type);

struct TensorEntry {
    std::string name;
    StoredType type = StoredType::F32;
    std::vector<std::int64_t> shape; // each >= 0; empty = one value

    std::size_t bytes() const;
};

struct StoredTensor {
    StoredType type = StoredType::F32;
    std::vector<std::int64_t> shape;
    std::span<const std::byte> bytes; // of the mapped file
};

// An open, fully validated file. Thread-safe.
class SafetensorsFile {
public:
    // Everything the header says is checked against the file: lengths, types, offsets without gap or overlap.
    // Corrupt or Unsupported (an unknown element type) name the tensor.
    static Result<SafetensorsFile> open(const std::filesystem::path& path);

    const StoredTensor* find(std::string_view name) const; // null when there is none
    std::string metadata(std::string_view key) const;      // empty when there is none
    const std::map<std::string, StoredTensor, std::less<>>& tensors() const { return m_tensors; }
    const std::map<std::string, std::string, std::less<>>& allMetadata() const { return m_metadata; }
    std::span<const std::byte> data() const { return m_data; }               // of all tensors
    const std::shared_ptr<const MappedFile>& file() const { return m_file; } // keeps the bytes alive

private:
    std::shared_ptr<const MappedFile> m_file;
    std::span<const std::byte> m_data;
    std::map<std::string, StoredTensor, std::less<>> m_tensors;
    std::map<std::string, std::string, std::less<>> m_metadata;
};

// Writes one file, tensor after tensor, never holding more than the caller hands over. The bytes go to
// `<path>.part`; finish() makes them durable and renames, so `path` is either the whole new file or as it was.
// Destroyed before finish(): nothing is left behind.
class SafetensorsWriter {
public:
    // `entries` in the order of writing. Io, Full.
    static Result<SafetensorsWriter> create(const std::filesystem::path& path, std::vector<TensorEntry> entries,
                                            const std::map<std::string, std::string>& metadata);
    SafetensorsWriter(SafetensorsWriter&& other) noexcept;
    SafetensorsWriter& operator=(SafetensorsWriter&&) = delete;
    ~SafetensorsWriter();

    // The next bytes of the current tensor; tensors follow each other without gap.
    Result<void> append(std::span<const std::byte> bytes);
    // Internal when the bytes appended are not exactly those the entries promise.
    Result<void> finish();

private:
    SafetensorsWriter(std::filesystem::path path, int file, std::uint64_t expected);
    std::filesystem::path part() const;
    std::filesystem::path m_path;
    int m_file = -1;
    std::uint64_t m_expectedBytes = 0;
    std::uint64_t m_writtenBytes = 0;
};

} // namespace palimpsest
