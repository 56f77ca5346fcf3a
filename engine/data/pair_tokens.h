// Pairs as tokens: how a model of pairs is asked, and how its answer reads. Torch-free.
#pragma once

#include "models/tokenizer.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace palimpsest {

// Texts begin with a space, as if a sentence went before; of the tokenizer's control pieces the second stands between
// source and target, the third ends a target and fills it up.
class PairTokens {
public:
    // `tokenizer` must outlive it. Unsupported with fewer than three control pieces.
    static Result<PairTokens> of(const Tokenizer& tokenizer);

    std::vector<std::int64_t> source(std::string_view text) const; // never empty: ends with the mark between
    // `slots` tokens; nothing for a text that leaves no room for its end.
    std::optional<std::vector<std::int64_t>> target(std::string_view text, std::size_t slots) const;
    std::string text(std::span<const std::int64_t> target) const; // up to its first end

private:
    explicit PairTokens(const Tokenizer& tokenizer) : m_tokenizer(&tokenizer) {}
    const Tokenizer* m_tokenizer;
    std::int64_t m_between = 0, m_end = 0;
};

} // namespace palimpsest
