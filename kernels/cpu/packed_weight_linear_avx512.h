// The tile of f32 and bf16 weights on AVX-512, for the files that are compiled for it.
//
// Lanes are output columns: 12 rows x 2 vectors of sums, two vectors of weights and one broadcast activation fill 27 of
// the 32 registers. A panel of any K passes once per 12 rows, from memory the first time, then from the caches.
#pragma once

#include "kernels/cpu/packed_weight_linear_tiles.h"

#include <immintrin.h>

namespace palimpsest::detail {
namespace {

// Brings memory towards the first-level cache. Of the int8 tile too.
inline void askFor(const std::byte* from, std::int64_t bytes) {
    for (std::int64_t at = 0; at < bytes; at += 64) _mm_prefetch(reinterpret_cast<const char*>(from + at), _MM_HINT_T0);
}

// Op::weights(address) -> 64 bytes of a step; Op::activation(address) -> four bytes for all lanes; Op::dot(w, x, sum).
template<class Op, int Rows>
void floatTile(const Tile& t) {
    const std::byte* rows[Rows];
    __m512 sums[Rows][2];
    for (int r = 0; r < Rows; ++r) {
        rows[r] = t.rows[r];
        sums[r][0] = sums[r][1] = _mm512_setzero_ps();
    }
    const std::byte* panel = t.panel;
    const std::int64_t bytes = (t.k + Op::kDepth - 1) / Op::kDepth * 4;
    for (std::int64_t at = 0; at < bytes; at += 4, panel += 128) {
        const auto w0 = Op::weights(panel), w1 = Op::weights(panel + 64);
        if constexpr (Rows > 6) // a few rows wait for this panel itself
            if (panel - t.panel < t.nextBytes) askFor(t.next + (panel - t.panel), 128);
        for (int r = 0; r < Rows; ++r) {
            const auto x = Op::activation(rows[r] + at);
            sums[r][0] = Op::dot(w0, x, sums[r][0]);
            sums[r][1] = Op::dot(w1, x, sums[r][1]);
        }
    }
    for (int r = 0; r < Rows; ++r) {
        _mm512_storeu_ps(t.out + r * t.outStride, sums[r][0]);
        _mm512_storeu_ps(t.out + r * t.outStride + 16, sums[r][1]);
    }
}

template<class Op>
void floatTiles(const Tile& t, int rows) {
    static constexpr void (*kByRows[])(const Tile&) = {
        floatTile<Op, 1>, floatTile<Op, 2>, floatTile<Op, 3>, floatTile<Op, 4>,  floatTile<Op, 5>,  floatTile<Op, 6>,
        floatTile<Op, 7>, floatTile<Op, 8>, floatTile<Op, 9>, floatTile<Op, 10>, floatTile<Op, 11>, floatTile<Op, 12>};
    kByRows[rows - 1](t);
}

} // namespace
} // namespace palimpsest::detail
