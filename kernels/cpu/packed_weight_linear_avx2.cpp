// Compiled with AVX2 and FMA; called only where the processor has them. Six rows x two vectors of sums, the weights and
// an activation fill the sixteen registers; widening bf16 takes some more, so there five rows go at once.
#if defined(__AVX2__)
#include "kernels/cpu/packed_weight_linear_avx2.h"

#include "kernels/cpu/packed_weight_linear_rows.h"

namespace palimpsest::detail {
namespace {

struct F32 {
    static constexpr std::int64_t kDepth = 1;
    static __m256 weights(const std::byte* at, int) { return _mm256_loadu_ps(reinterpret_cast<const float*>(at)); }
};

// The even position of a pair is its low half: widened by a shift; the odd one by a mask.
struct Bf16Pairs {
    static constexpr std::int64_t kDepth = 2;
    static __m256 weights(const std::byte* at, int position) {
        const __m256i pairs = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at));
        return _mm256_castsi256_ps(position ? _mm256_and_si256(pairs, _mm256_set1_epi32(int(0xffff0000u)))
                                            : _mm256_slli_epi32(pairs, 16));
    }
};

// Columns [8 * first, 8 * (first + Vectors)) of the panel, which is passed 4 / Vectors times. Loops over the sums are
// unrolled and k is read once, or gcc 12 stores all sums in every step.
template<class Op, int Rows, int Vectors>
void passOver(const Tile& t, int first) {
    constexpr int kPasses = 4 / Vectors;
    const float* rows[Rows];
    __m256 sums[Rows][Vectors];
#pragma GCC unroll 6
    for (int r = 0; r < Rows; ++r) {
        rows[r] = reinterpret_cast<const float*>(t.rows[r]);
#pragma GCC unroll 4
        for (__m256& sum : sums[r]) sum = _mm256_setzero_ps();
    }
    const std::int64_t k = t.k;
    const std::byte* panel = t.panel + 32 * first;
    Ahead<kPasses> ahead(t, first / Vectors, (k + Op::kDepth - 1) / Op::kDepth);
    for (std::int64_t at = 0; at < k; at += Op::kDepth, panel += 128) {
        if constexpr (kPasses > 1 || Op::kDepth > 1) ahead.ask(panel); // one pass over f32 needs no help
#pragma GCC unroll 2
        for (int position = 0; position < int(Op::kDepth); ++position) {
            __m256 w[Vectors];
#pragma GCC unroll 4
            for (int v = 0; v < Vectors; ++v) w[v] = Op::weights(panel + 32 * v, position);
#pragma GCC unroll 6
            for (int r = 0; r < Rows; ++r) {
                const __m256 x = _mm256_broadcast_ss(rows[r] + at + position);
#pragma GCC unroll 4
                for (int v = 0; v < Vectors; ++v) sums[r][v] = _mm256_fmadd_ps(w[v], x, sums[r][v]);
            }
        }
    }
#pragma GCC unroll 6
    for (int r = 0; r < Rows; ++r)
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; ++v) _mm256_storeu_ps(t.out + r * t.outStride + 8 * (first + v), sums[r][v]);
}

template<class Op, int Rows>
void floatTile(const Tile& t) {
    constexpr int kVectors = Rows <= 2 ? 4 : 2;
    for (int first = 0; first < 4; first += kVectors) passOver<Op, Rows, kVectors>(t, first);
}

template<class Op>
void floatTiles(const Tile& t, int rows) {
    static constexpr void (*kByRows[])(const Tile&) = {floatTile<Op, 1>, floatTile<Op, 2>, floatTile<Op, 3>,
                                                       floatTile<Op, 4>, floatTile<Op, 5>, floatTile<Op, 6>};
    kByRows[rows - 1](t);
}

} // namespace

const TileKernel kF32Avx2 = {"avx2", 6, 0.1, false, prepareFloatRow, floatTiles<F32>, widenRow, narrowRow};
const TileKernel kBf16Avx2 = {"avx2", 5, 0.1, false, prepareFloatRow, floatTiles<Bf16Pairs>, widenRow, narrowRow};

} // namespace palimpsest::detail
#endif
