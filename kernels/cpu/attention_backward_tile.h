// The backward pass of one tile: scores and powers again, then the gradients. Local to the including file, see simd.h.
#pragma once

#include "kernels/cpu/attention_forward_tile.h"

namespace palimpsest {
namespace {

// Working memory of one tile's backward pass.
struct BackwardBuffers {
    float *queries, *outGradients;      // (K, lanes)
    float *queryRows, *outGradientRows; // (lanes, padded K)
    float* queryGradients;              // (K, lanes)
    float *weights, *scoreGradients;    // (keys, lanes)
    float* widened;
    float normalizer[kTileLanes], delta[kTileLanes]; // log2 of the softmax's sum; sum of output * its gradient

    BackwardBuffers(float* buffer, int headSize) {
        const std::int64_t part = std::int64_t(kTileLanes) * (headSize + 16);
        weights = buffer;
        scoreGradients = weights + std::int64_t(kTileLanes) * (kKeyChunk + 4);
        widened = scoreGradients + std::int64_t(kTileLanes) * (kKeyChunk + 4);
        queries = widened + std::int64_t(kKeyChunk + 4) * 2 * (headSize + 16);
        outGradients = queries + part;
        queryRows = outGradients + part;
        outGradientRows = queryRows + part;
        queryGradients = outGradientRows + part;
    }
};

// rows (count, shared, K) as (lanes, padded K) f32.
template<class T>
void padRows(const AttentionTile<T>& tile, const T* rows, std::int64_t rowStride, std::int64_t lanes, float* to) {
    const std::int64_t padded = paddedHeadSize(tile.headSize);
    int lane = 0;
    for (int q = 0; q < tile.count; ++q)
        for (int h = 0; h < tile.shared; ++h, ++lane) {
            const T* row = rows + q * rowStride + std::int64_t(h) * tile.headSize;
            for (std::int64_t k = 0; k < padded; k += kWidth)
                store(to + lane * padded + k, loadFirst(row + k, tile.headSize - k));
        }
    for (std::int64_t i = lane * padded; i < lanes * padded; ++i) to[i] = 0;
}

template<class T>
void prepareBackward(const AttentionTile<T>& tile, const AttentionTileGradients<T>& g, const Lanes& lanes,
                     BackwardBuffers& b) {
    packLanes(LaneRows<const T>(tile, lanes, tile.queries, tile.queryStride), lanes, tile.headSize,
              Scale(tile.scale).ofQueries, b.queries);
    packLanes(LaneRows<const T>(tile, lanes, g.outputGradient, g.outStride), lanes, tile.headSize, 1.0f,
              b.outGradients);
    padRows(tile, tile.queries, tile.queryStride, lanes.stride, b.queryRows);
    padRows(tile, g.outputGradient, g.outStride, lanes.stride, b.outGradientRows);
    for (std::int64_t i = 0; i < tile.headSize * lanes.stride; ++i) b.queryGradients[i] = 0;
    int lane = 0;
    for (int q = 0; q < tile.count; ++q)
        for (int h = 0; h < tile.shared; ++h, ++lane) {
            const T* out = g.output + q * g.outStride + std::int64_t(h) * tile.headSize;
            const T* gradient = g.outputGradient + q * g.outStride + std::int64_t(h) * tile.headSize;
            Floats products = zeros();
            for (int k = 0; k < tile.headSize; k += kWidth)
                products = multiplyAdd(loadFirst(out + k, tile.headSize - k),
                                       loadFirst(gradient + k, tile.headSize - k), products);
            const float sum = g.logSumExp[q * g.logSumExpStride + h];
            b.delta[lane] = sumOf(products);
            b.normalizer[lane] = sum == kMinusInfinity ? 0 : sum * kLog2E; // every score is -infinity then
        }
    for (; lane < lanes.stride; ++lane) b.delta[lane] = b.normalizer[lane] = 0;
}

// Scores become softmax weights, products of output gradients and values become gradients of scores.
inline void takeScoreGradients(const Span& span, std::int64_t stride, float factor, BackwardBuffers& b) {
    for (int v = span.firstVector; v < span.lastVector; ++v) {
        const std::int64_t at = std::int64_t(v) * kWidth;
        const Floats normalizer = zeros() - load(b.normalizer + at), delta = load(b.delta + at);
        for (int key = span.firstKey; key < span.lastKey; ++key) {
            float* weight = b.weights + key * stride + at;
            float* gradient = b.scoreGradients + key * stride + at;
            const Floats p = powerOfTwo(multiplyAdd(load(weight), all(factor), normalizer));
            store(weight, p);
            store(gradient, p * (load(gradient) - delta));
        }
    }
}

// Where the sums of the gradients of a chunk's rows are.
template<class T>
void locateSums(const AttentionTile<T>& tile, const AttentionTileGradients<T>& g, std::int64_t first, int count,
                float** keys, float** values) {
    for (int i = 0; i < count; ++i) {
        const bool own = first + i >= tile.rowsSeen;
        const std::int64_t at =
            own ? tile.seen[first + i].row * g.ownStride : std::int64_t(g.slots[first + i]) * g.rowStride;
        keys[i] = (own ? g.ownKeys : g.keys) + at;
        values[i] = (own ? g.ownValues : g.values) + at;
    }
}

// to[key] += factor * sum over the span's lanes of weights (keys, lanes) * rows (lanes, padded K).
inline void outerSpan(const Span& span, const float* weights, std::int64_t stride, const float* rows, int headSize,
                      float factor, float* const* to) {
    const std::int64_t padded = paddedHeadSize(headSize), lane = std::int64_t(span.firstVector) * kWidth;
    const std::int64_t lanes = std::int64_t(span.lastVector) * kWidth - lane;
    const int vectors = int(padded / kWidth);
    for (int v = 0; v < vectors; v += kBlockVectors)
        withVectors(vectors - v, [&](auto block) {
            constexpr int kVectors = decltype(block)::value;
            const float* x = rows + lane * padded + v * kWidth;
            int key = span.firstKey;
            for (; key + kBlockRows <= span.lastKey; key += kBlockRows)
                outerBlock<kBlockRows, kVectors>(weights + key * stride + lane, stride, x, padded, lanes, factor,
                                                 to + key, std::int64_t(v) * kWidth);
            for (; key < span.lastKey; ++key)
                outerBlock<1, kVectors>(weights + key * stride + lane, stride, x, padded, lanes, factor, to + key,
                                        std::int64_t(v) * kWidth);
        });
}

template<class T>
void outerSums(const AttentionTile<T>& tile, const AttentionTileGradients<T>& g, std::int64_t first,
               const Chunk<T>& chunk, std::int64_t stride, const BackwardBuffers& b) {
    float *keys[kKeyChunk + kBlockRows], *values[kKeyChunk + kBlockRows];
    locateSums(tile, g, first, chunk.count, keys, values);
    for (int s = 0; s < chunk.spanCount; ++s) {
        const Span& span = chunk.spans[s];
        outerSpan(span, b.weights, stride, b.outGradientRows, tile.headSize, 1.0f, values);
        outerSpan(span, b.scoreGradients, stride, b.queryRows, tile.headSize, tile.scale, keys);
    }
}

// The keys [first, last) of the tile: rows only, or own slots only, so that their gradients are wanted or not.
template<class T>
void backwardKeys(const AttentionTile<T>& tile, const AttentionTileGradients<T>& g, const Lanes& lanes,
                  std::int64_t first, std::int64_t last, bool wanted, BackwardBuffers& b) {
    const Scale scale(tile.scale);
    const float *keyPointers[kKeyChunk + kBlockRows], *valuePointers[kKeyChunk + kBlockRows];
    Chunk<T> chunk;
    for (std::int64_t at = first; at < last; at += kKeyChunk) {
        locate(tile, at, least(at + kKeyChunk, last), chunk);
        findSpans(tile, chunk);
        const float* const* keys = asFloats(chunk.keys, chunk.count, tile.headSize, b.widened, keyPointers);
        const float* const* values =
            asFloats(chunk.values, chunk.count, tile.headSize,
                     b.widened + std::int64_t(kKeyChunk + 4) * (tile.headSize + 16), valuePointers);
        for (int s = 0; s < chunk.spanCount; ++s) {
            const Span& span = chunk.spans[s];
            scoreSpan(span, keys, b.queries, lanes.stride, tile.headSize, b.weights);
            hideUnseen(tile, lanes, chunk, span, b.weights);
            scoreSpan(span, values, b.outGradients, lanes.stride, tile.headSize, b.scoreGradients);
            takeScoreGradients(span, lanes.stride, scale.factor, b);
            weighSpan(span, keys, b.scoreGradients, lanes.stride, tile.headSize, b.queryGradients);
        }
        if (wanted) outerSums(tile, g, at, chunk, lanes.stride, b);
    }
}

template<class T>
void backwardTile(const AttentionTile<T>& tile, const AttentionTileGradients<T>& g, float* buffer) {
    const Lanes lanes(tile);
    BackwardBuffers b(buffer, tile.headSize);
    prepareBackward(tile, g, lanes, b);
    backwardKeys(tile, g, lanes, 0, tile.rowsSeen, g.keys != nullptr, b);
    backwardKeys(tile, g, lanes, tile.rowsSeen, tile.rowsSeen + tile.ownSeen, g.ownKeys != nullptr, b);
    float factors[kTileLanes];
    for (float& factor : factors) factor = tile.scale;
    unpackLanes(b.queryGradients, factors, lanes, tile.headSize, LaneRows<T>(tile, lanes, g.queries, g.outStride));
}

// The tables of this instruction set.
template<class T>
constexpr AttentionKernels<T> kernelsNamed(const char* name) {
    return {name, beginTile<T>, attendTile<T>, mergeTile<T>, finishTile<T>, backwardTile<T>};
}

} // namespace
} // namespace palimpsest
