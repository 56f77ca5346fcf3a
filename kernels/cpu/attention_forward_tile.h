// The forward pass of one tile. Local to the including file, see simd.h.
//
// A maximum that has risen by less than 2^kSlack since sums were last scaled is left as it is: the sums cannot overflow,
// and most chunks then need no scaling at all.
#pragma once

#include "kernels/cpu/attention_chunk.h"

namespace palimpsest {
namespace {

constexpr float kSlack = 8;

// A tile's unfinished softmax, in the units of powers of two.
struct State {
    float* most;    // (lanes): what the exponents are relative to; -infinity before the first key
    float* total;   // (lanes): sum of powers
    float* out;     // (K, lanes): weighted sums of values
    float* queries; // (K, lanes)

    State(float* state, int headSize)
        : most(state),
          total(state + kTileLanes),
          out(state + 2 * kTileLanes),
          queries(state + (2 + std::int64_t(headSize)) * kTileLanes) {}
};

// rows (count, shared, K) as (K, lanes) f32 times `factor`, zeros in the surplus lanes.
template<class T>
void packLanes(const AttentionTile<T>& tile, const T* rows, std::int64_t rowStride, float factor, std::int64_t stride,
               float* to) {
    int lane = 0;
    for (int q = 0; q < tile.count; ++q)
        for (int h = 0; h < tile.shared; ++h, ++lane) {
            const T* row = rows + q * rowStride + std::int64_t(h) * tile.headSize;
            for (int k = 0; k < tile.headSize; ++k) to[k * stride + lane] = factor * widen(row[k]);
        }
    for (; lane < stride; ++lane)
        for (int k = 0; k < tile.headSize; ++k) to[k * stride + lane] = 0;
}

template<class T>
void beginTile(const AttentionTile<T>& tile, float* buffer) {
    const Lanes lanes(tile);
    const State state(buffer, tile.headSize);
    for (int lane = 0; lane < lanes.stride; ++lane) {
        state.most[lane] = kMinusInfinity;
        state.total[lane] = 0;
    }
    for (std::int64_t i = 0; i < tile.headSize * lanes.stride; ++i) state.out[i] = 0;
    packLanes(tile, tile.queries, tile.queryStride, Scale(tile.scale).ofQueries, lanes.stride, state.queries);
}

// Scales the sums of a vector of lanes to a new maximum.
inline void raise(const State& state, std::int64_t at, std::int64_t stride, int headSize, Floats most) {
    const Floats before = load(state.most + at), least = all(kMinusInfinity);
    const Floats factor = powerOfTwo(equalThen(most, least, zeros(), before - most));
    store(state.most + at, most);
    store(state.total + at, load(state.total + at) * factor);
    for (int k = 0; k < headSize; ++k) {
        float* out = state.out + k * stride + at;
        store(out, load(out) * factor);
    }
}

inline void raiseWhereNeeded(const Lanes& lanes, const Span* spans, int spanCount, const float* scores, float factor,
                             int headSize, const State& state) {
    for (int v = 0; v < lanes.vectors; ++v) {
        const std::int64_t at = std::int64_t(v) * kWidth;
        Floats largest = all(kMinusInfinity);
        for (const Span* span = spans; span < spans + spanCount; ++span) {
            if (v < span->firstVector || v >= span->lastVector) continue;
            for (int key = span->firstKey; key < span->lastKey; ++key)
                largest = larger(load(scores + key * lanes.stride + at), largest);
        }
        largest = largest * all(factor);
        const Floats before = load(state.most + at);
        if (anyLarger(largest, before + all(kSlack))) raise(state, at, lanes.stride, headSize, larger(largest, before));
    }
}

// Scores become powers of two; adds them to the totals.
inline void takePowers(const Span& span, std::int64_t stride, float factor, const State& state, float* scores) {
    for (int v = span.firstVector; v < span.lastVector; ++v) {
        const std::int64_t at = std::int64_t(v) * kWidth;
        const Floats most = load(state.most + at), base = equalThen(most, all(kMinusInfinity), zeros(), zeros() - most);
        Floats total = load(state.total + at);
        for (int key = span.firstKey; key < span.lastKey; ++key) {
            float* score = scores + key * stride + at;
            const Floats power = powerOfTwo(multiplyAdd(load(score), all(factor), base));
            store(score, power);
            total = total + power;
        }
        store(state.total + at, total);
    }
}

template<class T>
void attendTile(const AttentionTile<T>& tile, std::int64_t first, std::int64_t last, float* buffer, float* scratch) {
    const Lanes lanes(tile);
    const State state(buffer, tile.headSize);
    const Scale scale(tile.scale);
    float* scores = scratch;
    float* widened = scratch + std::int64_t(2 * kTileLanes) * (kKeyChunk + 4);
    const float* pointers[kKeyChunk + kBlockRows];
    Chunk<T> chunk;
    for (std::int64_t at = first; at < last; at += kKeyChunk) {
        locate(tile, at, least(at + kKeyChunk, last), chunk);
        findSpans(tile, chunk);
        const float* const* keys = asFloats(chunk.keys, chunk.count, tile.headSize, widened, pointers);
        for (int s = 0; s < chunk.spanCount; ++s) {
            scoreSpan(chunk.spans[s], keys, state.queries, lanes.stride, tile.headSize, scores);
            hideUnseen(tile, lanes, chunk, chunk.spans[s], scores);
        }
        raiseWhereNeeded(lanes, chunk.spans, chunk.spanCount, scores, scale.factor, tile.headSize, state);
        const float* const* values = asFloats(chunk.values, chunk.count, tile.headSize, widened, pointers);
        for (int s = 0; s < chunk.spanCount; ++s) {
            takePowers(chunk.spans[s], lanes.stride, scale.factor, state, scores);
            weighSpan(chunk.spans[s], values, scores, lanes.stride, tile.headSize, state.out);
        }
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
    int lane = 0;
    for (int q = 0; q < tile.count; ++q)
        for (int h = 0; h < tile.shared; ++h, ++lane) {
            const float total = state.total[lane], factor = total == 0 ? 0 : 1 / total;
            T* to = out + q * outStride + std::int64_t(h) * tile.headSize;
            for (int k = 0; k < tile.headSize; ++k) narrow(state.out[k * lanes.stride + lane] * factor, &to[k]);
            if (!logSumExp) continue;
            logSumExp[q * sumStride + h] =
                total == 0 ? kMinusInfinity : (state.most[lane] + __builtin_log2f(total)) * kLn2;
        }
}

} // namespace
} // namespace palimpsest
