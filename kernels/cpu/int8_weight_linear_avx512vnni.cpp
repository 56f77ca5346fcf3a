// Compiled with AVX512_VNNI; called only where the processor has it.
#if defined(__AVX512VNNI__)
#include "kernels/cpu/int8_weight_linear_rows.h"
#include "kernels/cpu/packed_weight_linear_avx512.h"
#include "kernels/cpu/packed_weight_linear_rows.h"

namespace palimpsest::detail {
namespace {

// Seven rows: 14 integer and 14 float sums, the weights and an activation fill 31 of the 32 registers.
template<int Rows>
void int8Tile(const Tile& t) {
    const std::byte* rows[Rows];
    const float* scales[Rows];
    __m512 sums[Rows][2];
    for (int r = 0; r < Rows; ++r) {
        scales[r] = reinterpret_cast<const float*>(t.rows[r]);
        rows[r] = t.rows[r] + int8ScaleBytes(t.k);
        sums[r][0] = sums[r][1] = _mm512_setzero_ps();
    }
    const std::byte* panel = t.panel + 128;
    const std::int64_t positions = (t.k + 3) / 4 * 4, groups = int8Groups(t.k);
    const std::int64_t askEach = groups > 0 ? t.nextBytes / groups : 0;
    for (std::int64_t begin = 0, group = 0; begin < positions; begin += kInt8Group, ++group) {
        const std::int64_t end = positions < begin + kInt8Group ? positions : begin + kInt8Group;
        const __m512i start0 = _mm512_loadu_si512(panel), start1 = _mm512_loadu_si512(panel + 64);
        __m512i whole[Rows][2];
        for (int r = 0; r < Rows; ++r) {
            whole[r][0] = start0;
            whole[r][1] = start1;
        }
        panel += 128;
        askFor(t.next + group * askEach, askEach);
        for (std::int64_t at = begin; at < end; at += 4, panel += 128) {
            const __m512i w0 = _mm512_loadu_si512(panel), w1 = _mm512_loadu_si512(panel + 64);
            for (int r = 0; r < Rows; ++r) {
                const __m512i x = _mm512_set1_epi32(*reinterpret_cast<const int*>(rows[r] + at));
                whole[r][0] = _mm512_dpbusd_epi32(whole[r][0], x, w0);
                whole[r][1] = _mm512_dpbusd_epi32(whole[r][1], x, w1);
                asm("" : "+v"(whole[r][0]), "+v"(whole[r][1])); // else gcc 12 copies all sums in every step
            }
        }
        for (int r = 0; r < Rows; ++r) {
            const __m512 scale = _mm512_set1_ps(scales[r][group]);
            sums[r][0] = _mm512_fmadd_ps(_mm512_maskz_cvtepi32_ps(0xffff, whole[r][0]), scale, sums[r][0]);
            sums[r][1] = _mm512_fmadd_ps(_mm512_maskz_cvtepi32_ps(0xffff, whole[r][1]), scale, sums[r][1]);
        }
    }
    const __m512 scale0 = _mm512_loadu_ps(t.panel), scale1 = _mm512_loadu_ps(t.panel + 64);
    for (int r = 0; r < Rows; ++r) {
        _mm512_storeu_ps(t.out + r * t.outStride, _mm512_mul_ps(sums[r][0], scale0));
        _mm512_storeu_ps(t.out + r * t.outStride + 16, _mm512_mul_ps(sums[r][1], scale1));
    }
}

void int8Tiles(const Tile& t, int rows) {
    static constexpr void (*kByRows[])(const Tile&) = {int8Tile<1>, int8Tile<2>, int8Tile<3>, int8Tile<4>,
                                                       int8Tile<5>, int8Tile<6>, int8Tile<7>};
    kByRows[rows - 1](t);
}

} // namespace

const TileKernel kInt8Avx512 = {"avx512vnni", 7,        0.035,    false, prepareInt8Row<std::uint8_t>,
                                int8Tiles,    widenRow, narrowRow};

} // namespace palimpsest::detail
#endif
