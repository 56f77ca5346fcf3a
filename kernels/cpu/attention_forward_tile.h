// The forward pass of one tile. Local to the including file, see simd.h.
#pragma once

#include "kernels/cpu/attention_products.h"

namespace palimpsest {
namespace {

template<class T>
void beginTile(const AttentionTile<T>& tile, float* buffer) {
    const Lanes lanes(tile);
    const State state(buffer, tile.headSize);
    for (int lane = 0; lane < lanes.stride; ++lane) {
        state.most[lane] = kMinusInfinity;
        state.total[lane] = 0;
    }
    for (std::int64_t i = 0; i < tile.headSize * lanes.stride; ++i) state.out[i] = 0;
    Products<T>::Type::packQueries(LaneRows<const T>(tile, lanes, tile.queries, tile.queryStride), lanes, tile.headSize,
                                   Scale(tile.scale).ofQueries, state.queries);
}

template<class T>
void attendTile(const AttentionTile<T>& tile, std::int64_t first, std::int64_t last, float* buffer, float* scratch) {
    const Lanes lanes(tile);
    const State state(buffer, tile.headSize);
    const Scale scale(tile.scale);
    typename Products<T>::Type products(lanes, tile.headSize, scratch);
    Chunk<T> chunk;
    for (std::int64_t at = first; at < last; at += chunk.count) {
        locate(tile, at, last, chunk);
        findSpans(tile, lanes, chunk);
        products.takeKeys(chunk);
        for (int s = 0; s < chunk.spanCount; ++s) {
            products.score(chunk.spans[s], state);
            hideUnseen(tile, lanes, chunk, chunk.spans[s], products.scores);
        }
        raiseWhereNeeded(lanes, chunk.spans, chunk.spanCount, products.scores, scale.factor, tile.headSize, state);
        products.takeValues();
        for (int s = 0; s < chunk.spanCount; ++s) products.weigh(chunk.spans[s], scale.factor, state);
    }
}

template<class T>
void mergeTile(const AttentionTile<T>& tile, float* buffer, const float* otherBuffer) {
    const Lanes lanes(tile);
    const State state(buffer, tile.headSize), other(const_cast<float*>(otherBuffer), tile.headSize);
    for (int v = 0; v < lanes.vectors; ++v) {
        const std::int64_t at = std::int64_t(v) * kWidth;
        const Floats theirs = load(other.most + at), most = larger(theirs, load(state.most + at));
        raise(state, at, lanes.stride, tile.headSize, most);
        const Floats factor = powerOfTwo(equalThen(most, all(kMinusInfinity), zeros(), theirs - most));
        store(state.total + at, multiplyAdd(load(other.total + at), factor, load(state.total + at)));
        for (int k = 0; k < tile.headSize; ++k) {
            float* out = state.out + k * lanes.stride + at;
            store(out, multiplyAdd(load(other.out + k * lanes.stride + at), factor, load(out)));
        }
    }
}

template<class T>
void finishTile(const AttentionTile<T>& tile, const float* buffer, T* out, std::int64_t outStride, float* logSumExp,
                std::int64_t sumStride) {
    const Lanes lanes(tile);
    const State state(const_cast<float*>(buffer), tile.headSize);
    float factors[kTileLanes] = {};
    for (int lane = 0; lane < lanes.stride; ++lane) factors[lane] = state.total[lane] == 0 ? 0 : 1 / state.total[lane];
    unpackLanes(state.out, factors, lanes, tile.headSize, LaneRows<T>(tile, lanes, out, outStride));
    if (!logSumExp) return;
    int lane = 0;
    for (int q = 0; q < tile.count; ++q)
        for (int h = 0; h < tile.shared; ++h, ++lane)
            logSumExp[q * sumStride + h] = state.total[lane] == 0
                                               ? kMinusInfinity
                                               : (state.most[lane] + __builtin_log2f(state.total[lane])) * kLn2;
}

} // namespace
} // namespace palimpsest
