// Which piece of which text the n-th document of a training run is. Torch-free.
//
// Documents lie at n times the golden ratio (mod 1) of the weighted length of all texts, from an offset the seed gives: a
// low-discrepancy sequence, so that any stretch of it covers the corpus evenly, and n alone is the state.
// (Weyl's sequence; the golden ratio has the lowest discrepancy: Niederreiter, 1992.)
#pragma once

#include "engine/data/token_cache.h"

#include <cstdint>

namespace palimpsest {

// A well-mixed 64-bit number of a key and a counter (splitmix64's finaliser, Steele et al. 2014).
std::uint64_t mixed(std::uint64_t key, std::uint64_t counter);

class DocumentOrder {
public:
    // Takes the texts of `cache` that are held out, or the others. `cache` must outlive it.
    DocumentOrder(const TokenCache& cache, bool heldOut, std::uint64_t seed);

    std::uint64_t tokens() const { return m_tokens; }   // of all its texts
    std::uint64_t longest() const { return m_longest; } // of one text

    // Document `index`: `length` tokens of one text, fewer where the text is shorter. Empty when there is no text.
    std::span<const std::uint32_t> document(std::uint64_t index, std::size_t length) const;

private:
    struct Place {
        double end = 0; // of the weighted lengths up to and with this text
        std::span<const std::uint32_t> tokens;
    };
    std::vector<Place> m_places;
    std::uint64_t m_offset = 0, m_tokens = 0, m_longest = 0;
};

} // namespace palimpsest
