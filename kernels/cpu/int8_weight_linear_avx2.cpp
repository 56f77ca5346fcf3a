// Compiled with AVX2 and FMA; called only where the processor has them.
#if defined(__AVX2__)
#include "kernels/cpu/int8_weight_linear_rows.h"
#include "kernels/cpu/packed_weight_linear_avx2.h"
#include "kernels/cpu/packed_weight_linear_rows.h"

namespace palimpsest::detail {
namespace {

__m256i pairOf(const std::int16_t* at) {
    return _mm256_set1_epi32(*reinterpret_cast<const int*>(at));
}

// Two of the step's four positions: the low bytes of its 16-bit pairs, or the high ones. An activation is shared by all
// vectors, so that loads, of which there are two a cycle, do not hold up the products.
template<bool High, int Rows, int Vectors>
inline void addProducts(const std::byte* step, const std::int16_t* const (&rows)[Rows], std::int64_t at,
                        __m256i (&whole)[Rows][Vectors]) {
    __m256i weights[Vectors];
#pragma GCC unroll 4
    for (int v = 0; v < Vectors; ++v) {
        const __m256i w = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(step + 32 * v));
        weights[v] = _mm256_srai_epi16(High ? w : _mm256_slli_epi16(w, 8), 8);
    }
#pragma GCC unroll 6
    for (int r = 0; r < Rows; ++r) {
        const __m256i x = pairOf(rows[r] + at + (High ? 2 : 0));
#pragma GCC unroll 4
        for (int v = 0; v < Vectors; ++v) // in place: gcc 12 copies sums in every step
            asm("vpaddd %1, %0, %0" : "+x"(whole[r][v]) : "x"(_mm256_madd_epi16(weights[v], x)));
    }
}

// Columns [8 * first, 8 * (first + Vectors)) of the panel. It is passed 4 / Vectors times: the more rows, the fewer
// columns, so that all sums stay in registers.
template<int Rows, int Vectors>
void passOver(const Tile& t, int first) {
    const std::int16_t* rows[Rows];
    const float* scales[Rows];
    __m256 sums[Rows][Vectors];
    for (int r = 0; r < Rows; ++r) {
        scales[r] = reinterpret_cast<const float*>(t.rows[r]);
        rows[r] = reinterpret_cast<const std::int16_t*>(t.rows[r] + int8ScaleBytes(t.k));
        for (__m256& sum : sums[r]) sum = _mm256_setzero_ps();
    }
    const std::int64_t positions = (t.k + 3) / 4 * 4;
    const std::byte* step = t.panel + 128 + 32 * first;
    Ahead<4 / Vectors> ahead(t, first / Vectors, positions / 4);
    for (std::int64_t begin = 0, group = 0; begin < positions; begin += kInt8Group, ++group) {
        const std::int64_t end = positions < begin + kInt8Group ? positions : begin + kInt8Group;
        __m256i whole[Rows][Vectors];
        for (auto& ofRow : whole)
            for (__m256i& sum : ofRow) sum = _mm256_setzero_si256();
        step += 128;
        for (std::int64_t at = begin; at < end; at += 4, step += 128) {
            ahead.ask(step);
            addProducts<false>(step, rows, at, whole);
            addProducts<true>(step, rows, at, whole);
        }
        for (int r = 0; r < Rows; ++r)
            for (int v = 0; v < Vectors; ++v)
                sums[r][v] =
                    _mm256_fmadd_ps(_mm256_cvtepi32_ps(whole[r][v]), _mm256_set1_ps(scales[r][group]), sums[r][v]);
    }
    const float* columnScales = reinterpret_cast<const float*>(t.panel) + 8 * first;
    for (int r = 0; r < Rows; ++r)
        for (int v = 0; v < Vectors; ++v)
            _mm256_storeu_ps(t.out + r * t.outStride + 8 * (first + v),
                             _mm256_mul_ps(sums[r][v], _mm256_loadu_ps(columnScales + 8 * v)));
}

template<int Rows>
void wholeTile(const Tile& t) {
    constexpr int kVectors = Rows <= 3 ? 4 : 2;
    for (int first = 0; first < 4; first += kVectors) passOver<Rows, kVectors>(t, first);
}

void int8Tiles(const Tile& t, int rows) {
    static constexpr void (*kByRows[])(const Tile&) = {wholeTile<1>, wholeTile<2>, wholeTile<3>,
                                                       wholeTile<4>, wholeTile<5>, wholeTile<6>};
    kByRows[rows - 1](t);
}

} // namespace

const TileKernel kInt8Avx2 = {"avx2", 6, 0.13, false, prepareInt8Row<std::int16_t>, int8Tiles, widenRow, narrowRow};

} // namespace palimpsest::detail
#endif
