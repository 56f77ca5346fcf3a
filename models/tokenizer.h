// SentencePiece with the identity normaliser and byte fallback: lossless on every UTF-8 text, but for characters that
// the model's vocabulary has no bytes for (some control characters and unassigned planes): they become U+FFFD.
#pragma once

#include "engine/base/result.h"

#include <cstdint>
#include <filesystem>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace palimpsest {

// Thread-safe once loaded.
class Tokenizer {
public:
    // `vocabulary`: encode() gives only ids below it, those that have a row in the embedding table.
    static Result<Tokenizer> load(const std::filesystem::path& file,
                                  std::int64_t vocabulary = std::numeric_limits<std::int64_t>::max());
    Tokenizer(Tokenizer&&) noexcept;
    Tokenizer& operator=(Tokenizer&&) noexcept;
    ~Tokenizer();

    int size() const;

    // UTF-8 -> ids. Invalid UTF-8 is replaced by U+FFFD first.
    std::vector<std::int64_t> encode(std::string_view text) const;

    // Bytes of each token alone: decode() of a list is their concatenation. A byte piece gives one raw byte.
    std::string piece(std::int64_t id) const;
    std::string decode(std::span<const std::int64_t> ids) const;

    bool isControl(std::int64_t id) const; // control and unused pieces: never part of a text
    bool isByte(std::int64_t id) const;    // one raw byte: alone perhaps not a whole character

private:
    struct Parts;
    explicit Tokenizer(std::unique_ptr<Parts> parts);
    std::vector<std::int64_t> encodeSpelled(std::string_view text) const;
    std::unique_ptr<Parts> m_parts;
};

} // namespace palimpsest
