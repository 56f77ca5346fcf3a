// Products of bf16 pairs (vdpbf16ps: two products and two sums in f32 per lane). A pair is two elements of a key with two
// of a query, or the weights of two keys with the same element of their two values. Only for AVX512_BF16.
#pragma once

namespace palimpsest {
namespace {

inline __m512bh pairs(__m512i x) {
    return reinterpret_cast<__m512bh>(x);
}
inline __m512i pairEverywhere(const void* pair) {
    int bits;
    __builtin_memcpy(&bits, pair, sizeof bits);
    return _mm512_set1_epi32(bits);
}

template<int Vectors>
inline void scorePairs(const Bf16* const* rows, const std::int32_t* queries, std::int64_t stride, int headSize,
                       float* scores) {
    Floats sums[kBlockRows][Vectors];
#pragma GCC unroll 8
    for (auto& ofRow : sums)
#pragma GCC unroll 8
        for (Floats& s : ofRow) s = zeros();
    const auto step = [&](int k, const auto& pairOf) __attribute__((always_inline)) {
        __m512i q[Vectors];
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) q[v] = _mm512_loadu_si512(queries + k / 2 * stride + v * kWidth);
#pragma GCC unroll 8
        for (int i = 0; i < kBlockRows; ++i) {
            const __m512i pair = pairOf(rows[i] + k);
#pragma GCC unroll 8
            for (int v = 0; v < Vectors; ++v) sums[i][v] = _mm512_dpbf16_ps(sums[i][v], pairs(q[v]), pairs(pair));
        }
    };
    const int whole = headSize & ~1;
    for (int k = 0; k < whole; k += 2) step(k, [](const Bf16* at) { return pairEverywhere(at); });
    if (whole < headSize) step(whole, [](const Bf16* at) { return _mm512_set1_epi32(at->bits); });
#pragma GCC unroll 8
    for (int i = 0; i < kBlockRows; ++i)
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) store(scores + i * stride + v * kWidth, sums[i][v]);
}

// sums (Elements, lanes) += over `count` pairs of rows (pairs; rowStride) * weights (pairs, lanes).
template<int Elements, int Vectors>
inline void weighPairs(const std::int32_t* rows, std::int64_t rowStride, int count, const std::int32_t* weights,
                       std::int64_t stride, float* to) {
    Floats sums[Elements][Vectors];
#pragma GCC unroll 8
    for (int e = 0; e < Elements; ++e)
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) sums[e][v] = load(to + e * stride + v * kWidth);
    for (int i = 0; i < count; ++i) {
        __m512i w[Vectors];
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) w[v] = _mm512_loadu_si512(weights + i * stride + v * kWidth);
#pragma GCC unroll 8
        for (int e = 0; e < Elements; ++e) {
            const __m512i value = pairEverywhere(rows + i * rowStride + e);
#pragma GCC unroll 8
            for (int v = 0; v < Vectors; ++v) sums[e][v] = _mm512_dpbf16_ps(sums[e][v], pairs(w[v]), pairs(value));
        }
    }
#pragma GCC unroll 8
    for (int e = 0; e < Elements; ++e)
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) store(to + e * stride + v * kWidth, sums[e][v]);
}

// scoreSpan() and weighSpan() of pairs. `rows` and `weights` of the latter begin at the span's first key, which is even.
inline void scorePairSpan(const Span& span, const Bf16* const* rows, const std::int32_t* queries, std::int64_t stride,
                          int headSize, float* scores) {
    for (int key = span.firstKey; key < span.lastKey; key += kBlockRows)
        for (int v = span.firstVector; v < span.lastVector; v += kBlockVectors)
            withVectors(span.lastVector - v, [&](auto vectors) {
                scorePairs<decltype(vectors)::value>(rows + key, queries + v * kWidth, stride, headSize,
                                                     scores + key * stride + v * kWidth);
            });
}

inline void weighPairSpan(const Span& span, const std::int32_t* rows, int headSize, const std::int32_t* weights,
                          std::int64_t stride, float* sums) {
    const int count = (span.lastKey - span.firstKey + 1) / 2;
    const std::int64_t rowStride = headSize + 16;
    for (int v = span.firstVector; v < span.lastVector; v += kBlockVectors)
        withVectors(span.lastVector - v, [&](auto vectors) {
            overElements(headSize, [&](auto elements, int e) {
                weighPairs<decltype(elements)::value, decltype(vectors)::value>(
                    rows + e, rowStride, count, weights + v * kWidth, stride, sums + e * stride + v * kWidth);
            });
        });
}

// The elements of two rows in turns; the second row may be null, for zeros.
inline void interleave(const Bf16* a, const Bf16* b, int headSize, std::int32_t* to) {
    int k = 0;
    for (; k + kWidth <= headSize; k += kWidth) {
        const auto widenBits = [](const Bf16* at) {
            return _mm512_maskz_cvtepu16_epi32(kEvery, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(at)));
        };
        const __m512i low = widenBits(a + k), high = b ? widenBits(b + k) : _mm512_setzero_si512();
        _mm512_storeu_si512(to + k, _mm512_or_si512(low, _mm512_maskz_slli_epi32(kEvery, high, 16)));
    }
    for (; k < headSize; ++k) to[k] = std::int32_t(a[k].bits | std::uint32_t(b ? b[k].bits : 0) << 16);
}

// Lane by lane the pair (a, b), rounded to bf16.
inline __m512i roundToPairs(Floats a, Floats b) {
    alignas(64) static constexpr std::uint16_t kTurns[32] = {0,  16, 1,  17, 2,  18, 3,  19, 4,  20, 5,
                                                             21, 6,  22, 7,  23, 8,  24, 9,  25, 10, 26,
                                                             11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
    const __m512i both = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(b, a));
    return _mm512_maskz_permutexvar_epi16(~__mmask32(0), _mm512_load_si512(kTurns), both);
}

// 2^x to 7.5e-5 of itself: an eighth of what rounding to bf16 leaves uncertain, and better on average.
inline Floats coarsePowerOfTwo(Floats x) {
    x = larger(all(kLeastPower), x);
    const Floats whole = rounded(x), f = x - whole;
    Floats p = multiplyAdd(all(5.5171669e-2f), f, all(2.4261112e-1f));
    p = multiplyAdd(p, f, all(6.9326099e-1f));
    p = multiplyAdd(p, f, all(9.9992807e-1f));
    return timesPowerOfTwo(p, whole);
}

struct PairProducts {
    const Lanes& lanes;
    int headSize;
    float* scores;         // (keys, lanes)
    std::int32_t* weights; // (keys / 2, lanes)
    std::int32_t* values;  // (keys / 2, K + 16)
    const Chunk<Bf16>* chunk = nullptr;

    PairProducts(const Lanes& ofTile, int size, float* scratch)
        : lanes(ofTile),
          headSize(size),
          scores(scratch),
          weights(reinterpret_cast<std::int32_t*>(scratch + std::int64_t(kTileLanes) * (kKeyChunk + 4))),
          values(reinterpret_cast<std::int32_t*>(scratch + std::int64_t(2 * kTileLanes) * (kKeyChunk + 4))) {}

    // Pairs are moved as if each were one f32.
    static void packQueries(const LaneRows<const Bf16>& from, const Lanes& to, int size, float factor, float* queries) {
        const __m512i sign = _mm512_set1_epi32(factor < 0 ? int(0x80008000u) : 0);
        const __mmask16 kept = factor == 0 ? __mmask16(0) : kEvery;
        for (int v = 0; v < to.vectors; ++v)
            for (int k = 0; k < size; k += 2 * kWidth) {
                Floats block[kWidth];
                const int count = int(least(2 * kWidth, size - k));
                for (int i = 0; i < kWidth; ++i) {
                    float row[kWidth] = {};
                    if (const Bf16* at = from.rows[v * kWidth + i])
                        __builtin_memcpy(row, at + k, std::size_t(count) * sizeof(Bf16));
                    block[i] = load(row);
                }
                transpose(block);
                for (int i = 0; i < (count + 1) / 2; ++i)
                    _mm512_storeu_si512(queries + (k / 2 + i) * to.stride + v * kWidth,
                                        _mm512_maskz_xor_epi32(kept, _mm512_castps_si512(block[i]), sign));
            }
    }

    void takeKeys(const Chunk<Bf16>& of) { chunk = &of; }

    void takeValues() {
        for (int i = 0; i < chunk->count; i += 2)
            interleave(chunk->values[i], i + 1 < chunk->count ? chunk->values[i + 1] : nullptr, headSize,
                       values + i / 2 * std::int64_t(headSize + 16));
    }

    void score(const Span& span, const State& state) {
        scorePairSpan(span, chunk->keys, reinterpret_cast<const std::int32_t*>(state.queries), lanes.stride, headSize,
                      scores);
    }

    // Spans begin at even keys; the last of all may end at an odd one, whose partner has no weight.
    void weigh(const Span& span, float factor, const State& state) {
        takePairPowers(span, factor, state);
        const int pair = span.firstKey / 2;
        weighPairSpan(span, values + pair * std::int64_t(headSize + 16), headSize, weights + pair * lanes.stride,
                      lanes.stride, state.out);
    }

    void takePairPowers(const Span& span, float factor, const State& state) {
        for (int v = span.firstVector; v < span.lastVector; ++v) {
            const std::int64_t at = std::int64_t(v) * kWidth;
            const Floats base = minusOrZero(load(state.most + at));
            Floats total = load(state.total + at);
            for (int key = span.firstKey; key < span.lastKey; key += 2) {
                const float* score = scores + key * lanes.stride + at;
                const Floats a = coarsePowerOfTwo(multiplyAdd(load(score), all(factor), base));
                const Floats b = key + 1 < span.lastKey
                                     ? coarsePowerOfTwo(multiplyAdd(load(score + lanes.stride), all(factor), base))
                                     : zeros();
                _mm512_storeu_si512(weights + key / 2 * lanes.stride + at, roundToPairs(a, b));
                total = total + (a + b);
            }
            store(state.total + at, total);
        }
    }
};

template<>
struct Products<Bf16> {
    using Type = PairProducts;
};

} // namespace
} // namespace palimpsest
