// Compiled with AVX-512 and its VNNI and bf16 additions; called only where the processor has them. Loops over the sums
// are unrolled, all of them, or the sums would lie in memory.
#include "kernels/cpu/peak.h"

#if defined(__AVX512BF16__) && defined(__AVX512VNNI__)
#include <immintrin.h>

namespace palimpsest::detail {
namespace {

constexpr int kSums = 16; // independent chains: more than latency times throughput

} // namespace

PeakRound peakAvx512(long rounds) {
    __m512 sums[kSums];
#pragma GCC unroll 16
    for (auto& sum : sums) sum = _mm512_setzero_ps();
    const __m512 factor = _mm512_set1_ps(0.999f), one = _mm512_set1_ps(1.0f);
    for (long r = 0; r < rounds; ++r) {
#pragma GCC unroll 16
        for (auto& sum : sums) {
            sum = _mm512_fmadd_ps(sum, factor, one);
            __asm__ volatile("" : "+v"(sum)); // in its register, and not folded with the next
        }
    }
    PeakRound done{2.0 * 16 * kSums * double(rounds), 0};
#pragma GCC unroll 16
    for (const auto& sum : sums) done.sum += _mm512_cvtss_f32(sum);
    return done;
}

PeakRound peakAvx512Bf16(long rounds) {
    __m512 sums[kSums];
#pragma GCC unroll 16
    for (auto& sum : sums) sum = _mm512_setzero_ps();
    const __m512bh a = _mm512_cvtne2ps_pbh(_mm512_set1_ps(0.5f), _mm512_set1_ps(0.25f));
    for (long r = 0; r < rounds; ++r) {
#pragma GCC unroll 16
        for (auto& sum : sums) {
            sum = _mm512_dpbf16_ps(sum, a, a);
            __asm__ volatile("" : "+v"(sum)); // in its register, and not folded with the next
        }
    }
    PeakRound done{2.0 * 32 * kSums * double(rounds), 0};
#pragma GCC unroll 16
    for (const auto& sum : sums) done.sum += _mm512_cvtss_f32(sum);
    return done;
}

PeakRound peakAvx512Vnni(long rounds) {
    __m512i sums[kSums];
#pragma GCC unroll 16
    for (auto& sum : sums) sum = _mm512_setzero_si512();
    const __m512i a = _mm512_set1_epi8(1);
    for (long r = 0; r < rounds; ++r) {
#pragma GCC unroll 16
        for (auto& sum : sums) {
            sum = _mm512_dpbusd_epi32(sum, a, a);
            __asm__ volatile("" : "+v"(sum)); // in its register, and not folded with the next
        }
    }
    PeakRound done{2.0 * 64 * kSums * double(rounds), 0};
#pragma GCC unroll 16
    for (const auto& sum : sums) {
        int lanes[16];
        _mm512_storeu_si512(lanes, sum);
        done.sum += float(lanes[0]);
    }
    return done;
}

} // namespace palimpsest::detail

#else

namespace palimpsest::detail { // not an x86-64 build; never chosen
PeakRound peakAvx512(long rounds) {
    return peakScalar(rounds);
}
PeakRound peakAvx512Bf16(long rounds) {
    return peakScalar(rounds);
}
PeakRound peakAvx512Vnni(long rounds) {
    return peakScalar(rounds);
}
} // namespace palimpsest::detail

#endif
