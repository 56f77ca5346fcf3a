// The two ways to multiply in the backward pass of a tile: in f32, where bf16 rows are widened a chunk at a time, and with
// dot products of bf16 pairs where the processor has them. Local to the including file, see simd.h.
#pragma once

#include "kernels/cpu/attention_products.h"

namespace palimpsest {
namespace {

// Of each lane: the base-2 logarithm of its softmax's sum, and the sum of its output times the output's gradient.
struct LaneSums {
    float normalizer[kTileLanes], delta[kTileLanes];
};

// rows (count, shared, K) as (lanes, padded K) f32.
template<class T>
void padRows(const LaneRows<const T>& from, const Lanes& lanes, int headSize, float* to) {
    const std::int64_t padded = paddedHeadSize(headSize);
    for (std::int64_t lane = 0; lane < lanes.stride; ++lane)
        for (std::int64_t k = 0; k < padded; k += kWidth) {
            const T* row = from.rows[lane];
            store(to + lane * padded + k, row ? loadFirst(row + k, headSize - k) : zeros());
        }
}

// Calls block(count of keys, count of vectors, first key, first vector) over a span's keys and the vectors of a row.
template<class Block>
inline void overOuterBlocks(const Span& span, int headSize, const Block& block) {
    const int vectors = int(paddedHeadSize(headSize) / kWidth);
    for (int v = 0; v < vectors; v += kBlockVectors)
        withVectors(vectors - v, [&](auto count) {
            int key = span.firstKey;
            for (; key + kBlockRows <= span.lastKey; key += kBlockRows) block(Count<kBlockRows>(), count, key, v);
            for (; key < span.lastKey; ++key) block(Count<1>(), count, key, v);
        });
}

template<class T>
struct FloatGradients {
    const Lanes& lanes;
    int headSize;
    float *weights, *scoreGradients;    // (keys, lanes)
    float* queryGradients;              // (K, lanes)
    float *queries, *outGradients;      // (K, lanes)
    float *queryRows, *outGradientRows; // (lanes, padded K)
    float *widenedKeys, *widenedValues; // (keys, K + 16)
    Chunk<T> chunk;
    const float *keyPointers[kKeyChunk + kBlockRows], *valuePointers[kKeyChunk + kBlockRows];
    const float *const *keys = nullptr, *const *values = nullptr;

    FloatGradients(const Lanes& ofTile, int size, float* buffer) : lanes(ofTile), headSize(size) {
        const std::int64_t ofKeys = std::int64_t(kTileLanes) * (kKeyChunk + 4), rows = size + 16;
        weights = buffer;
        scoreGradients = weights + ofKeys;
        widenedKeys = scoreGradients + ofKeys;
        widenedValues = widenedKeys + (kKeyChunk + 4) * rows;
        queries = widenedValues + (kKeyChunk + 4) * rows;
        outGradients = queries + kTileLanes * rows;
        queryRows = outGradients + kTileLanes * rows;
        outGradientRows = queryRows + kTileLanes * rows;
        queryGradients = outGradientRows + kTileLanes * rows;
    }

    void begin(const LaneRows<const T>& queriesOf, const LaneRows<const T>& gradientsOf, float ofQueries) {
        packLanes(queriesOf, lanes, headSize, ofQueries, queries);
        packLanes(gradientsOf, lanes, headSize, 1.0f, outGradients);
        padRows(queriesOf, lanes, headSize, queryRows);
        padRows(gradientsOf, lanes, headSize, outGradientRows);
    }
    void takeChunk() {
        keys = asFloats(chunk.keys, chunk.count, headSize, widenedKeys, keyPointers);
        values = asFloats(chunk.values, chunk.count, headSize, widenedValues, valuePointers);
    }
    void score(const Span& span) {
        scoreSpan(span, keys, queries, lanes.stride, headSize, weights);
        scoreSpan(span, values, outGradients, lanes.stride, headSize, scoreGradients);
    }
    // Scores become softmax weights, products of output gradients and values become gradients of scores.
    void differentiate(const Span& span, float factor, const LaneSums& sums) {
        for (int v = span.firstVector; v < span.lastVector; ++v) {
            const std::int64_t at = std::int64_t(v) * kWidth;
            const Floats normalizer = zeros() - load(sums.normalizer + at), delta = load(sums.delta + at);
            for (int key = span.firstKey; key < span.lastKey; ++key) {
                float* weight = weights + key * lanes.stride + at;
                float* gradient = scoreGradients + key * lanes.stride + at;
                const Floats p = powerOfTwo(multiplyAdd(load(weight), all(factor), normalizer));
                store(weight, p);
                store(gradient, p * (load(gradient) - delta));
            }
        }
    }
    void weigh(const Span& span) { weighSpan(span, keys, scoreGradients, lanes.stride, headSize, queryGradients); }
    // The gradients of the span's rows, added where they are wanted.
    void addOuter(const Span& span, float scale, float* const* keySums, float* const* valueSums) {
        outer(span, weights, outGradientRows, 1.0f, valueSums);
        outer(span, scoreGradients, queryRows, scale, keySums);
    }

private:
    void outer(const Span& span, const float* ofKeys, const float* rows, float factor, float* const* to) const {
        const std::int64_t padded = paddedHeadSize(headSize), lane = std::int64_t(span.firstVector) * kWidth;
        const std::int64_t count = std::int64_t(span.lastVector) * kWidth - lane;
        overOuterBlocks(span, headSize, [&](auto blockKeys, auto vectors, int key, int v) {
            outerBlock<decltype(blockKeys)::value, decltype(vectors)::value>(
                ofKeys + key * lanes.stride + lane, lanes.stride, rows + lane * padded + v * kWidth, padded, count,
                factor, to + key, std::int64_t(v) * kWidth);
        });
    }
};

template<class T>
struct GradientProducts {
    using Type = FloatGradients<T>;
};

} // namespace
} // namespace palimpsest

#if defined(__AVX512BF16__)
#include "kernels/cpu/attention_pair_gradients.h"
#endif
