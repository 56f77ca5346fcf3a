// Compiled with AVX2 and FMA; called only where the processor has them. Three rows x four vectors of sums, the weights
// and an activation fill the sixteen registers.
#if defined(__AVX2__)
#include "kernels/cpu/packed_weight_linear_rows.h"
#include "kernels/cpu/packed_weight_linear_tiles.h"

#include <immintrin.h>

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

template<class Op, int Rows>
void floatTile(const Tile& t) {
    const float* rows[Rows];
    __m256 sums[Rows][4];
    for (int r = 0; r < Rows; ++r) {
        rows[r] = reinterpret_cast<const float*>(t.rows[r]);
        for (auto& sum : sums[r]) sum = _mm256_setzero_ps();
    }
    const std::byte* panel = t.panel;
    for (std::int64_t at = 0; at < t.k; at += Op::kDepth, panel += 128)
        for (int position = 0; position < int(Op::kDepth); ++position) {
            __m256 x[Rows];
            for (int r = 0; r < Rows; ++r) x[r] = _mm256_broadcast_ss(rows[r] + at + position);
            for (int c = 0; c < 4; ++c) {
                const __m256 w = Op::weights(panel + 32 * c, position);
                for (int r = 0; r < Rows; ++r) sums[r][c] = _mm256_fmadd_ps(w, x[r], sums[r][c]);
            }
        }
    for (int r = 0; r < Rows; ++r)
        for (int c = 0; c < 4; ++c) _mm256_storeu_ps(t.out + r * t.outStride + 8 * c, sums[r][c]);
}

template<class Op>
void floatTiles(const Tile& t, int rows) {
    static constexpr void (*kByRows[])(const Tile&) = {floatTile<Op, 1>, floatTile<Op, 2>, floatTile<Op, 3>};
    kByRows[rows - 1](t);
}

} // namespace

const TileKernel kF32Avx2 = {"avx2", 3, false, prepareFloatRow, floatTiles<F32>, widenRow, narrowRow};
const TileKernel kBf16Avx2 = {"avx2", 3, false, prepareFloatRow, floatTiles<Bf16Pairs>, widenRow, narrowRow};

} // namespace palimpsest::detail
#endif
