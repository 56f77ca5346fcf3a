#include "engine/tuning/verbatim.h"

#include "engine/inference/draft_text.h"

#include <algorithm>

namespace palimpsest {

VerbatimCheck::VerbatimCheck(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
        for (std::string& word : wordsOf(text))
            m_words.push_back(
                m_numbers.try_emplace(std::move(word), std::uint32_t(m_numbers.size() + 1)).first->second);
        m_words.push_back(0);
    }
}

// The longest common substring by dynamic programming, where of a row only the places of the word just read are filled.
VerbatimRun VerbatimCheck::longest(std::string_view draft) const {
    const std::vector<std::string> words = wordsOf(draft);
    std::vector<std::vector<int>> places(m_numbers.size() + 1); // of a word in the draft, from the last
    for (int i = int(words.size()) - 1; i >= 0; --i)
        if (const auto known = m_numbers.find(words[std::size_t(i)]); known != m_numbers.end())
            places[known->second].push_back(i);
    std::vector<int> run(words.size() + 1, 0); // run[i + 1]: length of the run that ends with word i of the draft here
    std::vector<int> next;
    const std::vector<int>* filled = &places[0]; // empty: no word has number 0
    int best = 0, end = 0;
    for (const std::uint32_t word : m_words) {
        const std::vector<int>& here = places[word];
        next.clear();
        for (const int i : here) next.push_back(run[std::size_t(i)] + 1);
        for (const int i : *filled) run[std::size_t(i) + 1] = 0;
        for (std::size_t k = 0; k < here.size(); ++k) {
            run[std::size_t(here[k]) + 1] = next[k];
            if (next[k] > best) best = next[k], end = here[k];
        }
        filled = &here;
    }
    VerbatimRun longest{best, {}};
    for (int i = end - best + 1; i <= end && best > 0; ++i)
        longest.text += (longest.text.empty() ? "" : " ") + words[std::size_t(i)];
    return longest;
}

} // namespace palimpsest
