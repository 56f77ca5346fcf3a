// A vector of floats of the widest kind that the including file's instruction set has, under one set of names.
//
// For files compiled once per instruction set (instruction_set.h): everything here is local to the including file, and
// nothing of the standard library is instantiated, so that no code of one set is ever linked into another.
// Real register types, not `vector_size` of the widest kind: gcc 12 takes those apart where the set is narrower.
#pragma once

#include <cstdint>
#include <utility>

#if defined(__AVX2__)
#include <immintrin.h>
#endif

namespace palimpsest {
namespace {

#if defined(__AVX512F__)

constexpr int kWidth = 16;
using Floats = __m512;
// gcc 12 warns of its own unmasked forms of some intrinsics (an uninitialised operand); the code is the same.
constexpr __mmask16 kEvery = 0xffff;

inline Floats zeros() {
    return _mm512_setzero_ps();
}
inline Floats all(float x) {
    return _mm512_set1_ps(x);
}
inline Floats load(const float* p) {
    return _mm512_loadu_ps(p);
}
inline void store(float* p, Floats x) {
    _mm512_storeu_ps(p, x);
}
inline Floats multiplyAdd(Floats a, Floats b, Floats c) { // a b + c
    return _mm512_fmadd_ps(a, b, c);
}
inline Floats larger(Floats a, Floats b) { // b where either is NaN
    return _mm512_maskz_max_ps(kEvery, a, b);
}
inline bool anyLarger(Floats a, Floats b) {
    return _mm512_cmp_ps_mask(a, b, _CMP_GT_OQ) != 0;
}
inline Floats equalThen(Floats a, Floats b, Floats yes, Floats no) { // per lane: a == b ? yes : no
    return _mm512_mask_blend_ps(_mm512_cmp_ps_mask(a, b, _CMP_EQ_OQ), no, yes);
}
inline Floats betweenThen(const std::int32_t* lanes, int first, int last, Floats yes, Floats no) {
    const __m512i at = _mm512_loadu_si512(lanes);
    const __mmask16 in =
        _mm512_cmpge_epi32_mask(at, _mm512_set1_epi32(first)) & _mm512_cmple_epi32_mask(at, _mm512_set1_epi32(last));
    return _mm512_mask_blend_ps(in, no, yes);
}
inline Floats rounded(Floats x) {
    return _mm512_maskz_roundscale_ps(kEvery, x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
inline Floats timesPowerOfTwo(Floats x, Floats power) { // power: whole, -127 … 127; -127 gives 0
    return _mm512_maskz_scalef_ps(kEvery, x, power);
}
constexpr float kLeastPower = -200; // 2^-200 is 0 in f32

#elif defined(__AVX2__)

constexpr int kWidth = 8;
using Floats = __m256;

inline Floats zeros() {
    return _mm256_setzero_ps();
}
inline Floats all(float x) {
    return _mm256_set1_ps(x);
}
inline Floats load(const float* p) {
    return _mm256_loadu_ps(p);
}
inline void store(float* p, Floats x) {
    _mm256_storeu_ps(p, x);
}
inline Floats multiplyAdd(Floats a, Floats b, Floats c) {
    return _mm256_fmadd_ps(a, b, c);
}
inline Floats larger(Floats a, Floats b) {
    return _mm256_max_ps(a, b);
}
inline bool anyLarger(Floats a, Floats b) {
    return _mm256_movemask_ps(_mm256_cmp_ps(a, b, _CMP_GT_OQ)) != 0;
}
inline Floats equalThen(Floats a, Floats b, Floats yes, Floats no) {
    return _mm256_blendv_ps(no, yes, _mm256_cmp_ps(a, b, _CMP_EQ_OQ));
}
inline Floats betweenThen(const std::int32_t* lanes, int first, int last, Floats yes, Floats no) {
    const __m256i at = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(lanes));
    const __m256i out = _mm256_or_si256(_mm256_cmpgt_epi32(_mm256_set1_epi32(first), at),
                                        _mm256_cmpgt_epi32(at, _mm256_set1_epi32(last)));
    return _mm256_blendv_ps(yes, no, _mm256_castsi256_ps(out));
}
inline Floats rounded(Floats x) {
    return _mm256_round_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
}
inline Floats timesPowerOfTwo(Floats x, Floats power) {
    const __m256i exponent = _mm256_add_epi32(_mm256_cvtps_epi32(power), _mm256_set1_epi32(127));
    return _mm256_mul_ps(x, _mm256_castsi256_ps(_mm256_slli_epi32(exponent, 23)));
}
constexpr float kLeastPower = -127;

#else // the four lanes that every 64-bit processor has

constexpr int kWidth = 4;
typedef float Floats __attribute__((vector_size(16)));
typedef std::int32_t Ints __attribute__((vector_size(16)));

inline Floats zeros() {
    return Floats{};
}
inline Floats all(float x) {
    return Floats{x, x, x, x};
}
inline Floats load(const float* p) {
    Floats x;
    __builtin_memcpy(&x, p, sizeof x);
    return x;
}
inline void store(float* p, Floats x) {
    __builtin_memcpy(p, &x, sizeof x);
}
inline Floats multiplyAdd(Floats a, Floats b, Floats c) {
    return a * b + c;
}
inline Floats larger(Floats a, Floats b) {
    return a > b ? a : b;
}
inline bool anyLarger(Floats a, Floats b) {
    const Ints more = a > b;
    return (more[0] | more[1] | more[2] | more[3]) != 0;
}
inline Floats equalThen(Floats a, Floats b, Floats yes, Floats no) {
    return a == b ? yes : no;
}
inline Floats betweenThen(const std::int32_t* lanes, int first, int last, Floats yes, Floats no) {
    Ints at;
    __builtin_memcpy(&at, lanes, sizeof at);
    const Ints in = (at >= first) & (at <= last);
    return in ? yes : no;
}
inline Floats rounded(Floats x) {
    const Floats shift = all(0x1.8p23f); // leaves no bits for a fraction
    return (x + shift) - shift;
}
inline Floats timesPowerOfTwo(Floats x, Floats power) {
    const Ints bits = (__builtin_convertvector(power, Ints) + 127) << 23;
    Floats factor;
    __builtin_memcpy(&factor, &bits, sizeof factor);
    return x * factor;
}
constexpr float kLeastPower = -127;

#endif

inline Floats sum(Floats a, Floats b) {
    return a + b;
}
inline float sumOf(Floats x) { // of the lanes, in order
    float lanes[kWidth], total = 0;
    store(lanes, x);
    for (float lane : lanes) total += lane;
    return total;
}

// 2^x for x below 128, relative error 7.5e-8 (minimax polynomial on [-1/2, 1/2] found by Remez' exchange) and the
// rounding of five sums; 0 below -126, NaN for NaN.
inline Floats powerOfTwo(Floats x) {
    x = larger(all(kLeastPower), x);
    const Floats whole = rounded(x), f = x - whole;
    Floats p = all(1.3276472e-3f);
    p = multiplyAdd(p, f, all(9.6755413e-3f));
    p = multiplyAdd(p, f, all(5.5507133e-2f));
    p = multiplyAdd(p, f, all(2.4022120e-1f));
    p = multiplyAdd(p, f, all(6.9314697e-1f));
    p = multiplyAdd(p, f, all(1.0000001f));
    return timesPowerOfTwo(p, whole);
}

// Element j of row i and element i of row j change places, in blocks of D: a step of transpose().
template<int D, int... J>
inline void exchange(Floats& a, Floats& b, std::integer_sequence<int, J...>) {
    const Floats low = __builtin_shufflevector(a, b, ((J & D) ? kWidth + J - D : J)...);
    b = __builtin_shufflevector(a, b, ((J & D) ? kWidth + J : J + D)...);
    a = low;
}
template<int D = 1>
inline void transpose(Floats (&rows)[kWidth]) {
    if constexpr (D < kWidth) {
#pragma GCC unroll 16
        for (int i = 0; i < kWidth; ++i)
            if (!(i & D)) exchange<D>(rows[i], rows[i + D], std::make_integer_sequence<int, kWidth>());
        transpose<2 * D>(rows);
    }
}

inline std::int64_t least(std::int64_t a, std::int64_t b) {
    return a < b ? a : b;
}
inline std::int64_t most(std::int64_t a, std::int64_t b) {
    return a > b ? a : b;
}

// One number of type float or Bf16 (a template parameter, to keep this header free of the kernels' types).
inline float widen(float x) {
    return x;
}
template<class T>
inline float widen(T x) {
    const std::uint32_t bits = std::uint32_t(x.bits) << 16;
    float f;
    __builtin_memcpy(&f, &bits, sizeof f);
    return f;
}
inline void narrow(float x, float* to) {
    *to = x;
}
template<class T>
inline void narrow(float x, T* to) { // to the nearest, ties to even; NaN stays NaN
    std::uint32_t bits;
    __builtin_memcpy(&bits, &x, sizeof bits);
    const std::uint32_t nearest = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16, nan = bits >> 16 | 0x40;
    to->bits = std::uint16_t((bits & 0x7fffffff) > 0x7f800000 ? nan : nearest);
}

// The first `count` of kWidth numbers as f32; the rest are zeros and are not touched.
inline Floats loadFirst(const float* from, std::int64_t count) {
    if (count >= kWidth) return load(from);
    float all[kWidth] = {};
    for (std::int64_t i = 0; i < count; ++i) all[i] = from[i];
    return load(all);
}
template<class T>
inline Floats loadFirst(const T* from, std::int64_t count) {
    float all[kWidth] = {};
    if (count >= kWidth)
        for (int i = 0; i < kWidth; ++i) all[i] = widen(from[i]);
    else
        for (std::int64_t i = 0; i < count; ++i) all[i] = widen(from[i]);
    return load(all);
}
inline void storeFirst(Floats x, std::int64_t count, float* to) {
    if (count >= kWidth) return store(to, x);
    float all[kWidth];
    store(all, x);
    for (std::int64_t i = 0; i < count; ++i) to[i] = all[i];
}
template<class T>
inline void storeFirst(Floats x, std::int64_t count, T* to) {
#if defined(__AVX512BF16__) // numbers below 2^-126 become zero
    if (count >= kWidth) {
        const __m256bh rounded16 = _mm512_cvtneps_pbh(x);
        __builtin_memcpy(static_cast<void*>(to), &rounded16, sizeof rounded16);
        return;
    }
#endif
    float all[kWidth];
    store(all, x);
    if (count >= kWidth)
        for (int i = 0; i < kWidth; ++i) narrow(all[i], to + i);
    else
        for (std::int64_t i = 0; i < count; ++i) narrow(all[i], to + i);
}

} // namespace
} // namespace palimpsest
