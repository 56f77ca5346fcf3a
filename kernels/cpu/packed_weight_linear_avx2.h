// What the AVX2 tiles ask memory for while they multiply. For files compiled with AVX2 only.
#pragma once

#include "kernels/cpu/packed_weight_linear_tiles.h"

#include <immintrin.h>

namespace palimpsest::detail {
namespace {

// A panel is passed Passes times, each time over another part of its columns. One pass is one stream: it asks for what
// comes soon. Of several each asks for its share of what is read next (Tile::next), which the processor does not guess.
// A step's share at a time: asked for in bursts it was slower than not at all.
template<int Passes>
class Ahead {
public:
    Ahead(const Tile& t, int pass, std::int64_t steps) {
        const std::int64_t share = t.nextBytes / Passes;
        m_next = t.next + pass * share;
        m_each = steps > 0 ? share / steps : 0;
    }

    void ask(const std::byte* step) { // once a step; `step`: where the pass is
        const std::byte* from = Passes == 1 ? step + kSoon : m_next;
        for (int line = 0; line < 2 / Passes; ++line)
            _mm_prefetch(reinterpret_cast<const char*>(from + 64 * line), _MM_HINT_T1);
        m_next += m_each;
    }

private:
    static constexpr std::int64_t kSoon = 2176; // bytes: the steps of an int8 group
    const std::byte* m_next;
    std::int64_t m_each;
};

} // namespace
} // namespace palimpsest::detail
