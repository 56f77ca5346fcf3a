// The backward pass of one tile: scores and powers again, then the gradients. Local to the including file, see simd.h.
#pragma once

#include "kernels/cpu/attention_forward_tile.h"
#include "kernels/cpu/attention_gradient_products.h"

namespace palimpsest {
namespace {

template<class T>
void sumLanes(const AttentionTile<T>& tile, const AttentionTileGradients<T>& g, const Lanes& lanes, LaneSums& sums) {
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
            sums.delta[lane] = sumOf(products);
            sums.normalizer[lane] = sum == kMinusInfinity ? 0 : sum * kLog2E; // every score is -infinity then
        }
    for (; lane < lanes.stride; ++lane) sums.delta[lane] = sums.normalizer[lane] = 0;
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

// The keys [first, last) of the tile: rows only, or own slots only, so that their gradients are wanted or not.
template<class T, class Products>
void backwardKeys(const AttentionTile<T>& tile, const AttentionTileGradients<T>& g, const LaneSums& sums,
                  std::int64_t first, std::int64_t last, bool wanted, Products& products) {
    const Scale scale(tile.scale);
    float *keySums[kKeyChunk + kBlockRows], *valueSums[kKeyChunk + kBlockRows];
    Chunk<T>& chunk = products.chunk;
    for (std::int64_t at = first; at < last; at += chunk.count) {
        locate(tile, at, last, chunk);
        findSpans(tile, products.lanes, chunk);
        products.takeChunk();
        if (wanted) locateSums(tile, g, at, chunk.count, keySums, valueSums);
        for (int s = 0; s < chunk.spanCount; ++s) {
            const Span& span = chunk.spans[s];
            products.score(span);
            hideUnseen(tile, products.lanes, chunk, span, products.weights);
            products.differentiate(span, scale.factor, sums);
            products.weigh(span);
            if (wanted) products.addOuter(span, tile.scale, keySums, valueSums);
        }
    }
}

template<class T>
void backwardTile(const AttentionTile<T>& tile, const AttentionTileGradients<T>& g, float* buffer) {
    const Lanes lanes(tile);
    LaneSums sums;
    sumLanes(tile, g, lanes, sums);
    typename GradientProducts<T>::Type products(lanes, tile.headSize, buffer);
    products.begin(LaneRows<const T>(tile, lanes, tile.queries, tile.queryStride),
                   LaneRows<const T>(tile, lanes, g.outputGradient, g.outStride), Scale(tile.scale).ofQueries);
    for (std::int64_t i = 0; i < tile.headSize * lanes.stride; ++i) products.queryGradients[i] = 0;
    backwardKeys(tile, g, sums, 0, tile.rowsSeen, g.keys != nullptr, products);
    backwardKeys(tile, g, sums, tile.rowsSeen, tile.rowsSeen + tile.ownSeen, g.ownKeys != nullptr, products);
    float factors[kTileLanes];
    for (float& factor : factors) factor = tile.scale;
    unpackLanes(products.queryGradients, factors, lanes, tile.headSize,
                LaneRows<T>(tile, lanes, g.queries, g.outStride));
}

// The tables of this instruction set.
template<class T>
constexpr AttentionKernels<T> kernelsNamed(const char* name) {
    return {name, beginTile<T>, attendTile<T>, mergeTile<T>, finishTile<T>, backwardTile<T>};
}

} // namespace
} // namespace palimpsest
