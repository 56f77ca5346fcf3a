// Compiled with AVX2 and FMA; called only where the processor has them. Loops over the sums
// are unrolled, all of them, or the sums would lie in memory.
#include "kernels/cpu/peak.h"

#if defined(__AVX2__) && defined(__FMA__)
#include <immintrin.h>

palimpsest::detail::PeakRound palimpsest::detail::peakAvx2(long rounds) {
    constexpr int kSums = 12;
    __m256 sums[kSums];
#pragma GCC unroll 12
    for (auto& sum : sums) sum = _mm256_setzero_ps();
    const __m256 factor = _mm256_set1_ps(0.999f), one = _mm256_set1_ps(1.0f);
    for (long r = 0; r < rounds; ++r) {
#pragma GCC unroll 12
        for (auto& sum : sums) {
            sum = _mm256_fmadd_ps(sum, factor, one);
            __asm__ volatile("" : "+x"(sum)); // in its register, and not folded with the next
        }
    }
    PeakRound done{2.0 * 8 * kSums * double(rounds), 0};
#pragma GCC unroll 12
    for (const auto& sum : sums) done.sum += _mm256_cvtss_f32(sum);
    return done;
}

#else

palimpsest::detail::PeakRound palimpsest::detail::peakAvx2(long rounds) {
    return peakScalar(rounds); // not an x86-64 build; never chosen
}

#endif
