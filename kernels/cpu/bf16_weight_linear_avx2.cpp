// Compiled with AVX2 and FMA; called only where the processor has them.
#include "kernels/cpu/bf16_weight_linear.h"

#include <algorithm>
#include <bit>

#if defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>

namespace palimpsest::detail {
namespace {

// Rows of activations kept in the second-level cache while the weights pass by: 48 * 1536 * 4 B = 288 KB.
constexpr std::int64_t kRowChunk = 48;

float sumOf(__m256 v) {
    __m128 s = _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps(v, 1));
    s = _mm_add_ps(s, _mm_movehl_ps(s, s));
    return _mm_cvtss_f32(_mm_add_ss(s, _mm_movehdup_ps(s)));
}

__m256i pairsAt(const std::uint16_t* w) {
    return _mm256_loadu_si256(reinterpret_cast<const __m256i*>(w));
}

// Rows x Columns dot products at once: 3 x 4 accumulators, four widened weights and one activation fill the sixteen
// vector registers. Sixteen bf16 weights are widened by a shift (even positions) and a mask (odd ones).
template<int Rows, int Columns>
void tile(const Bf16WeightLinear& call, std::int64_t row, std::int64_t column) {
    const std::int64_t stride = packedStride(call.k), whole = call.k / 16 * 16;
    const float* x = call.packed + row * stride;
    const std::uint16_t* w = call.weights + column * call.k;
    const __m256i high = _mm256_set1_epi32(int(0xffff0000u));
    __m256 sums[Rows][Columns];
    for (auto& sumsOfRow : sums)
        for (auto& sum : sumsOfRow) sum = _mm256_setzero_ps();
    for (std::int64_t i = 0; i < whole; i += 16)
        for (int half = 0; half < 2; ++half) {
            __m256 activations[Rows];
            for (int r = 0; r < Rows; ++r) activations[r] = _mm256_loadu_ps(x + r * stride + i + 8 * half);
            for (int c = 0; c < Columns; ++c) {
                const __m256i pair = pairsAt(w + c * call.k + i);
                const __m256 weight =
                    _mm256_castsi256_ps(half ? _mm256_and_si256(pair, high) : _mm256_slli_epi32(pair, 16));
                for (int r = 0; r < Rows; ++r) sums[r][c] = _mm256_fmadd_ps(activations[r], weight, sums[r][c]);
            }
        }
    for (int r = 0; r < Rows; ++r)
        for (int c = 0; c < Columns; ++c) {
            float sum = sumOf(sums[r][c]);
            for (std::int64_t i = whole; i < call.k; ++i) {
                const float weight = std::bit_cast<float>(std::uint32_t(w[c * call.k + i]) << 16);
                sum += x[r * stride + whole + (i % 2) * 8 + (i - whole) / 2] * weight;
            }
            call.y[(row + r) * call.yStride + column + c] = sum;
        }
}

template<int Columns>
void rowsOf(const Bf16WeightLinear& call, std::int64_t firstRow, std::int64_t lastRow, std::int64_t column) {
    std::int64_t row = firstRow;
    for (; row + 3 <= lastRow; row += 3) tile<3, Columns>(call, row, column);
    if (lastRow - row == 2)
        tile<2, Columns>(call, row, column);
    else if (lastRow - row == 1)
        tile<1, Columns>(call, row, column);
}

} // namespace

void bf16WeightLinearAvx2(const Bf16WeightLinear& call, std::int64_t firstColumn, std::int64_t lastColumn) {
    for (std::int64_t first = 0; first < call.rows; first += kRowChunk) {
        const std::int64_t last = std::min(call.rows, first + kRowChunk);
        std::int64_t column = firstColumn;
        for (; column + 4 <= lastColumn; column += 4) rowsOf<4>(call, first, last, column);
        for (; column < lastColumn; ++column) rowsOf<1>(call, first, last, column);
    }
}

} // namespace palimpsest::detail

#else

void palimpsest::detail::bf16WeightLinearAvx2(const Bf16WeightLinear& call, std::int64_t first, std::int64_t last) {
    bf16WeightLinearPortable(call, first, last); // not an x86-64 build; never chosen
}

#endif
