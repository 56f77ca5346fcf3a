// Compiled with AVX512_BF16; called only where the processor has it. Pairs of bf16 are multiplied and added to f32 sums
// by vdpbf16ps.
#if defined(__AVX512BF16__)
#include "kernels/cpu/packed_weight_linear_avx512.h"
#include "kernels/cpu/packed_weight_linear_rows.h"

namespace palimpsest::detail {
namespace {

struct Bf16Pairs {
    static constexpr std::int64_t kDepth = 2;
    static __m512bh weights(const std::byte* at) { return (__m512bh)_mm512_loadu_si512(at); }
    static __m512bh activation(const std::byte* at) {
        return (__m512bh)_mm512_set1_epi32(*reinterpret_cast<const int*>(at));
    }
    static __m512 dot(__m512bh w, __m512bh x, __m512 sum) { return _mm512_dpbf16_ps(sum, w, x); }
};

} // namespace

const TileKernel kBf16Avx512 = {"avx512bf16",          12,       0.05,     true, prepareBf16Row,
                                floatTiles<Bf16Pairs>, widenRow, narrowRow};

} // namespace palimpsest::detail
#endif
