// Reading GGUF files (https://github.com/ggml-org/ggml/blob/master/docs/gguf.md), versions 2 and 3, little-endian.
// Every count, length and offset is checked against the file before it is used: a hostile file gives one clear error.
#pragma once

#include "engine/base/result.h"
#include "models/mapped_file.h"
#include "models/quantisation.h"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace palimpsest {

struct GgufTensor {
    std::uint32_t type = 0;          // of ggml; quantisation.h says which can be read
    std::vector<std::int64_t> shape; // slowest first, as a row-major tensor (GGUF itself stores it reversed)
    std::uint64_t offset = 0;        // into the data section

    std::int64_t elements() const; // never overflows: checked when read
};

using GgufStrings = std::vector<std::string_view>; // into the mapped file
using GgufNumbers = std::vector<double>;
using GgufValue = std::variant<double, bool, std::string_view, GgufStrings, GgufNumbers>;

// Thread-safe. Integers beyond 2^53 lose their last digits; no key we read is that large.
class GgufFile {
public:
    static Result<GgufFile> open(const std::filesystem::path& path);

    std::optional<double> number(std::string_view key) const;
    std::optional<std::int64_t> integer(std::string_view key) const; // whole and within ±2^53, else nothing
    std::optional<bool> boolean(std::string_view key) const;
    std::optional<std::string_view> string(std::string_view key) const;
    const GgufStrings* strings(std::string_view key) const; // null when absent or of another type
    const GgufNumbers* numbers(std::string_view key) const;

    const std::map<std::string, GgufTensor, std::less<>>& tensors() const { return m_tensors; }
    const GgufTensor* find(std::string_view name) const;

    // The stored bytes of a tensor of this file: whole quantisation blocks. Unsupported for a type we do not read.
    Result<std::span<const std::byte>> bytes(std::string_view name, const GgufTensor& tensor) const;
    const std::filesystem::path& path() const { return m_file->path(); }

private:
    friend class GgufParser;
    std::shared_ptr<const MappedFile> m_file;
    std::map<std::string, GgufValue, std::less<>> m_values;
    std::map<std::string, GgufTensor, std::less<>> m_tensors;
    std::span<const std::byte> m_data;
};

} // namespace palimpsest
