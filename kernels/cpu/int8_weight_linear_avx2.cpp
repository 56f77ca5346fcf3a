// Compiled with AVX2 and FMA; called only where the processor has them.
#if defined(__AVX2__)
#include "kernels/cpu/int8_weight_linear_rows.h"
#include "kernels/cpu/packed_weight_linear_rows.h"
#include "kernels/cpu/packed_weight_linear_tiles.h"

#include <immintrin.h>

namespace palimpsest::detail {
namespace {

__m256i pairOf(const std::int16_t* at) {
    return _mm256_set1_epi32(*reinterpret_cast<const int*>(at));
}

// Sixteen columns (half a panel) of one group: integer sums of up to three rows.
template<int Rows>
void groupSums(const std::byte* steps, const std::int16_t* const (&rows)[Rows], std::int64_t begin, std::int64_t end,
               __m256i (&whole)[Rows][2]) {
    for (auto& row : whole) row[0] = row[1] = _mm256_setzero_si256();
    for (std::int64_t at = begin; at < end; at += 4, steps += 128)
        for (int half = 0; half < 2; ++half) {
            const __m256i w = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(steps + 32 * half));
            const __m256i even = _mm256_srai_epi16(_mm256_slli_epi16(w, 8), 8), odd = _mm256_srai_epi16(w, 8);
            for (int r = 0; r < Rows; ++r) {
                const __m256i both = _mm256_add_epi32(_mm256_madd_epi16(even, pairOf(rows[r] + at)),
                                                      _mm256_madd_epi16(odd, pairOf(rows[r] + at + 2)));
                whole[r][half] = _mm256_add_epi32(whole[r][half], both);
            }
        }
}

template<int Rows>
void halfTile(const Tile& t, int half) {
    const std::int16_t* rows[Rows];
    const float* scales[Rows];
    __m256 sums[Rows][2];
    for (int r = 0; r < Rows; ++r) {
        scales[r] = reinterpret_cast<const float*>(t.rows[r]);
        rows[r] = reinterpret_cast<const std::int16_t*>(t.rows[r] + int8ScaleBytes(t.k));
        sums[r][0] = sums[r][1] = _mm256_setzero_ps();
    }
    const std::byte* panel = t.panel + 128;
    const std::int64_t positions = (t.k + 3) / 4 * 4;
    for (std::int64_t begin = 0, group = 0; begin < positions; begin += kInt8Group, ++group) {
        const std::int64_t end = positions < begin + kInt8Group ? positions : begin + kInt8Group;
        __m256i whole[Rows][2];
        groupSums<Rows>(panel + 128 + 64 * half, rows, begin, end, whole);
        panel += 128 + (end - begin) * 32;
        for (int r = 0; r < Rows; ++r)
            for (int c = 0; c < 2; ++c)
                sums[r][c] =
                    _mm256_fmadd_ps(_mm256_cvtepi32_ps(whole[r][c]), _mm256_set1_ps(scales[r][group]), sums[r][c]);
    }
    const float* columnScales = reinterpret_cast<const float*>(t.panel) + 16 * half;
    for (int r = 0; r < Rows; ++r)
        for (int c = 0; c < 2; ++c)
            _mm256_storeu_ps(t.out + r * t.outStride + 16 * half + 8 * c,
                             _mm256_mul_ps(sums[r][c], _mm256_loadu_ps(columnScales + 8 * c)));
}

template<int Rows>
void wholeTile(const Tile& t) {
    halfTile<Rows>(t, 0);
    halfTile<Rows>(t, 1);
}

void int8Tiles(const Tile& t, int rows) {
    static constexpr void (*kByRows[])(const Tile&) = {wholeTile<1>, wholeTile<2>, wholeTile<3>};
    kByRows[rows - 1](t);
}

} // namespace

const TileKernel kInt8Avx2 = {"avx2", 3, false, prepareInt8Row<std::int16_t>, int8Tiles, widenRow, narrowRow};

} // namespace palimpsest::detail
#endif
