// Does a draft repeat what was learnt? The longest run of words that stands in the texts, case and punctuation aside.
// Torch-free. Words: wordsOf() of engine/inference/draft_text.h.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace palimpsest {

struct VerbatimRun {
    int words = 0;
    std::string text; // the words, with single spaces
};

// Immutable; four bytes a word of the texts.
class VerbatimCheck {
public:
    explicit VerbatimCheck(const std::vector<std::string>& texts);

    // Time: one look at every word of the texts (a million: about ten milliseconds). A run never goes from one text
    // into the next.
    VerbatimRun longest(std::string_view draft) const;

private:
    std::unordered_map<std::string, std::uint32_t> m_numbers; // of words, from 1
    std::vector<std::uint32_t> m_words;                       // 0 ends a text
};

} // namespace palimpsest
