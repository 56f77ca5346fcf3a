// The backward pass of a tile with products of bf16 pairs: weights and gradients of scores are rounded to bf16 once, as the
// forward pass rounds weights; all sums are in f32. Only for AVX512_BF16.
#pragma once

namespace palimpsest {
namespace {

// to[i] (Vectors * kWidth) += factor * sum over `count` pairs of lanes of weights (i; pair) * rows (pair, .). Weights of a
// key are bf16, `stride` pairs from key to key.
template<int Keys, int Vectors>
inline void outerPairs(const std::int32_t* weights, std::int64_t stride, const std::int32_t* rows,
                       std::int64_t rowStride, std::int64_t count, float factor, float* const* to,
                       std::int64_t offset) {
    Floats sums[Keys][Vectors];
#pragma GCC unroll 8
    for (auto& ofKey : sums)
#pragma GCC unroll 8
        for (Floats& s : ofKey) s = zeros();
    for (std::int64_t pair = 0; pair < count; ++pair) {
        __m512i x[Vectors];
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) x[v] = _mm512_loadu_si512(rows + pair * rowStride + v * kWidth);
#pragma GCC unroll 8
        for (int i = 0; i < Keys; ++i) {
            const __m512i w = pairEverywhere(weights + i * stride + pair);
#pragma GCC unroll 8
            for (int v = 0; v < Vectors; ++v) sums[i][v] = _mm512_dpbf16_ps(sums[i][v], pairs(x[v]), pairs(w));
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < Keys; ++i)
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) {
            float* at = to[i] + offset + v * kWidth;
            store(at, multiplyAdd(all(factor), sums[i][v], load(at)));
        }
}

// Rows of lanes as pairs of lanes (lanes / 2, padded K).
inline void pairRows(const LaneRows<const Bf16>& from, const Lanes& lanes, int headSize, std::int32_t* to) {
    const std::int64_t padded = paddedHeadSize(headSize);
    for (std::int64_t lane = 0; lane < lanes.stride; lane += 2, to += padded) {
        const int filled = from.rows[lane] ? headSize : 0;
        if (filled) interleave(from.rows[lane], from.rows[lane + 1], headSize, to);
        for (std::int64_t k = filled; k < padded; ++k) to[k] = 0;
    }
}

struct PairGradients {
    const Lanes& lanes;
    int headSize;
    float *weights, *scoreGradients;           // (keys, lanes) f32, then in the first half of each row its bf16
    float* queryGradients;                     // (K, lanes)
    std::int32_t *queries, *outGradients;      // (K / 2, lanes)
    std::int32_t *queryRows, *outGradientRows; // (lanes / 2, padded K)
    std::int32_t* keyPairs;                    // (keys / 2, K + 16)
    std::int32_t* gradientPairs;               // (keys / 2, lanes): of scores
    Chunk<Bf16> chunk;

    PairGradients(const Lanes& ofTile, int size, float* buffer) : lanes(ofTile), headSize(size) {
        const std::int64_t ofKeys = std::int64_t(kTileLanes) * (kKeyChunk + 4), rows = size + 16;
        weights = buffer;
        scoreGradients = weights + ofKeys;
        queryGradients = scoreGradients + ofKeys;
        gradientPairs = reinterpret_cast<std::int32_t*>(queryGradients + kTileLanes * rows);
        keyPairs = gradientPairs + ofKeys / 2;
        queries = keyPairs + (kKeyChunk + 4) / 2 * rows;
        outGradients = queries + kTileLanes / 2 * rows;
        queryRows = outGradients + kTileLanes / 2 * rows;
        outGradientRows = queryRows + kTileLanes / 2 * rows;
    }

    void begin(const LaneRows<const Bf16>& queriesOf, const LaneRows<const Bf16>& gradientsOf, float ofQueries) {
        const auto pack = [&](const LaneRows<const Bf16>& from, float factor, std::int32_t* to) {
            PairProducts::packQueries(from, lanes, headSize, factor, reinterpret_cast<float*>(to));
        };
        pack(queriesOf, ofQueries, queries);
        pack(gradientsOf, 1.0f, outGradients);
        pairRows(queriesOf, lanes, headSize, queryRows);
        pairRows(gradientsOf, lanes, headSize, outGradientRows);
    }
    void takeChunk() {
        for (int i = 0; i < chunk.count; i += 2)
            interleave(chunk.keys[i], i + 1 < chunk.count ? chunk.keys[i + 1] : nullptr, headSize,
                       keyPairs + i / 2 * std::int64_t(headSize + 16));
    }
    void score(const Span& span) {
        scorePairSpan(span, chunk.keys, queries, lanes.stride, headSize, weights);
        scorePairSpan(span, chunk.values, outGradients, lanes.stride, headSize, scoreGradients);
    }

    // Spans begin at even keys; the last of all may end at an odd one, whose partner counts as zeros. The bf16 of a vector
    // of lanes lies where an earlier or the same vector of the row was.
    void differentiate(const Span& span, float factor, const LaneSums& sums) {
        for (int v = span.firstVector; v < span.lastVector; ++v) {
            const std::int64_t at = std::int64_t(v) * kWidth;
            const Floats normalizer = zeros() - load(sums.normalizer + at), delta = load(sums.delta + at);
            const auto both = [&](int key, Floats& weight, Floats& gradient) __attribute__((always_inline)) {
                weight =
                    coarsePowerOfTwo(multiplyAdd(load(weights + key * lanes.stride + at), all(factor), normalizer));
                gradient = weight * (load(scoreGradients + key * lanes.stride + at) - delta);
            };
            for (int key = span.firstKey; key < span.lastKey; key += 2) {
                Floats weightA, gradientA, weightB = zeros(), gradientB = zeros();
                both(key, weightA, gradientA);
                if (key + 1 < span.lastKey) both(key + 1, weightB, gradientB);
                storeBf16(weights, key, v, weightA, weightB);
                storeBf16(scoreGradients, key, v, gradientA, gradientB);
                _mm512_storeu_si512(gradientPairs + key / 2 * lanes.stride + at, roundToPairs(gradientA, gradientB));
            }
        }
    }
    void weigh(const Span& span) {
        const int pair = span.firstKey / 2;
        weighPairSpan(span, keyPairs + pair * std::int64_t(headSize + 16), headSize,
                      gradientPairs + pair * lanes.stride, lanes.stride, queryGradients);
    }
    void addOuter(const Span& span, float scale, float* const* keySums, float* const* valueSums) {
        outer(span, weights, outGradientRows, 1.0f, valueSums);
        outer(span, scoreGradients, queryRows, scale, keySums);
    }

private:
    // Of keys `key` and `key` + 1; the second row is there, if only as surplus.
    void storeBf16(float* rows, int key, int v, Floats a, Floats b) const {
        const __m512i both = reinterpret_cast<__m512i>(_mm512_cvtne2ps_pbh(b, a));
        const auto place = [&](int row) { return reinterpret_cast<__m256i*>(rows + row * lanes.stride) + v; };
        _mm256_storeu_si256(place(key), _mm512_castsi512_si256(both));
        _mm256_storeu_si256(place(key + 1), _mm512_maskz_extracti64x4_epi64(0xff, both, 1));
    }
    void outer(const Span& span, const float* ofKeys, const std::int32_t* rows, float factor, float* const* to) const {
        const std::int64_t padded = paddedHeadSize(headSize), pair = std::int64_t(span.firstVector) * kWidth / 2;
        const std::int64_t count = std::int64_t(span.lastVector) * kWidth / 2 - pair;
        const auto* bf16 = reinterpret_cast<const std::int32_t*>(ofKeys);
        overOuterBlocks(span, headSize, [&](auto blockKeys, auto vectors, int key, int v) {
            outerPairs<decltype(blockKeys)::value, decltype(vectors)::value>(
                bf16 + key * lanes.stride + pair, lanes.stride, rows + pair * padded + v * kWidth, padded, count,
                factor, to + key, std::int64_t(v) * kWidth);
        });
    }
};

template<>
struct GradientProducts<Bf16> {
    using Type = PairGradients;
};

} // namespace
} // namespace palimpsest
