// Compiled with AVX-512 F, BW, DQ and VL; called only where the processor has them.
#if defined(__AVX512F__)
#include "kernels/cpu/packed_weight_linear_avx512.h"
#include "kernels/cpu/packed_weight_linear_rows.h"

namespace palimpsest::detail {
namespace {

struct F32 {
    static constexpr std::int64_t kDepth = 1;
    static __m512 weights(const std::byte* at) { return _mm512_loadu_ps(at); }
    static __m512 activation(const std::byte* at) { return _mm512_set1_ps(*reinterpret_cast<const float*>(at)); }
    static __m512 dot(__m512 w, __m512 x, __m512 sum) { return _mm512_fmadd_ps(w, x, sum); }
};

} // namespace

const TileKernel kF32Avx512 = {"avx512", 12, 0.05, false, prepareFloatRow, floatTiles<F32>, widenRow, narrowRow};

} // namespace palimpsest::detail
#endif
