// A tile's softmax while its keys pass by, and lanes as rows and back. Local to the including file, see simd.h.
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

// Where each lane's row is; null for surplus lanes.
template<class Row>
struct LaneRows {
    Row* rows[kTileLanes];
    template<class T>
    LaneRows(const AttentionTile<T>& tile, const Lanes& lanes, Row* first, std::int64_t stride) {
        int lane = 0;
        for (int q = 0; q < tile.count; ++q)
            for (int h = 0; h < tile.shared; ++h) rows[lane++] = first + q * stride + std::int64_t(h) * tile.headSize;
        while (lane < lanes.stride) rows[lane++] = nullptr;
    }
};

// rows (lanes; K) as (K, lanes) f32 times `factor`, zeros in the surplus lanes.
template<class T>
void packLanes(const LaneRows<const T>& from, const Lanes& lanes, int headSize, float factor, float* to) {
    for (int v = 0; v < lanes.vectors; ++v)
        for (int k = 0; k < headSize; k += kWidth) {
            Floats block[kWidth];
#pragma GCC unroll 16
            for (int i = 0; i < kWidth; ++i) {
                const T* row = from.rows[v * kWidth + i];
                block[i] = row ? loadFirst(row + k, headSize - k) : zeros();
            }
            transpose(block);
            const int count = int(least(kWidth, headSize - k));
            for (int i = 0; i < count; ++i) store(to + (k + i) * lanes.stride + v * kWidth, block[i] * all(factor));
        }
}

// from (K, lanes), each lane times its factor, as rows (lanes; K).
template<class T>
void unpackLanes(const float* from, const float* factors, const Lanes& lanes, int headSize, const LaneRows<T>& to) {
    for (int v = 0; v < lanes.vectors; ++v) {
        const Floats factor = load(factors + v * kWidth);
        for (int k = 0; k < headSize; k += kWidth) {
            Floats block[kWidth];
            const int count = int(least(kWidth, headSize - k));
            if (count == kWidth) {
#pragma GCC unroll 16
                for (int i = 0; i < kWidth; ++i) block[i] = load(from + (k + i) * lanes.stride + v * kWidth) * factor;
            } else {
                for (int i = 0; i < kWidth; ++i)
                    block[i] = i < count ? load(from + (k + i) * lanes.stride + v * kWidth) * factor : zeros();
            }
            transpose(block);
#pragma GCC unroll 16
            for (int i = 0; i < kWidth; ++i)
                if (T* row = to.rows[v * kWidth + i]) storeFirst(block[i], count, row + k);
        }
    }
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
    float largest[kTileLanes];
    for (float& x : largest) x = kMinusInfinity;
    for (const Span* span = spans; span < spans + spanCount; ++span)
        for (int v = span->firstVector; v < span->lastVector; v += kBlockVectors)
            withVectors(span->lastVector - v, [&](auto vectors) {
                Floats x[decltype(vectors)::value];
#pragma GCC unroll 8
                for (int i = 0; i < vectors.value; ++i) x[i] = load(largest + (v + i) * kWidth);
                for (int key = span->firstKey; key < span->lastKey; ++key)
#pragma GCC unroll 8
                    for (int i = 0; i < vectors.value; ++i)
                        x[i] = larger(load(scores + key * lanes.stride + (v + i) * kWidth), x[i]);
#pragma GCC unroll 8
                for (int i = 0; i < vectors.value; ++i) store(largest + (v + i) * kWidth, x[i]);
            });
    for (std::int64_t at = 0; at < lanes.stride; at += kWidth) {
        const Floats most = load(largest + at) * all(factor), before = load(state.most + at);
        if (anyLarger(most, before + all(kSlack))) raise(state, at, lanes.stride, headSize, larger(most, before));
    }
}

// The summand of exponents; a lane that has seen nothing yet has only scores of -infinity.
inline Floats minusOrZero(Floats most) {
    return equalThen(most, all(kMinusInfinity), zeros(), zeros() - most);
}

// Scores become powers of two; adds them to the totals.
inline void takePowers(const Span& span, std::int64_t stride, float factor, const State& state, float* scores) {
    for (int v = span.firstVector; v < span.lastVector; ++v) {
        const std::int64_t at = std::int64_t(v) * kWidth;
        const Floats base = minusOrZero(load(state.most + at));
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

} // namespace
} // namespace palimpsest
