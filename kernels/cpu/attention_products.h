// The two ways to multiply in the forward pass of a tile: in f32, where bf16 rows are widened a chunk at a time, and with
// dot products of bf16 pairs where the processor has them. Local to the including file, see simd.h.
//
// Working memory: scores (keys, lanes) f32, then as much again for the weights of pairs, then rows of a chunk.
#pragma once

#include "kernels/cpu/attention_softmax.h"

namespace palimpsest {
namespace {

template<class T>
struct FloatProducts {
    const Lanes& lanes;
    int headSize;
    float* scores;  // (keys, lanes)
    float* widened; // (keys, K + 16)
    const float* pointers[kKeyChunk + kBlockRows];
    const float* const* rows = nullptr;
    const Chunk<T>* chunk = nullptr;

    FloatProducts(const Lanes& ofTile, int size, float* scratch)
        : lanes(ofTile),
          headSize(size),
          scores(scratch),
          widened(scratch + std::int64_t(2 * kTileLanes) * (kKeyChunk + 4)) {}

    static void packQueries(const LaneRows<const T>& from, const Lanes& to, int size, float factor, float* queries) {
        packLanes(from, to, size, factor, queries);
    }
    void takeKeys(const Chunk<T>& of) {
        chunk = &of;
        rows = asFloats(of.keys, of.count, headSize, widened, pointers);
    }
    void takeValues() { rows = asFloats(chunk->values, chunk->count, headSize, widened, pointers); }
    void score(const Span& span, const State& state) {
        scoreSpan(span, rows, state.queries, lanes.stride, headSize, scores, chunk->values);
    }
    void weigh(const Span& span, float factor, const State& state) {
        takePowers(span, lanes.stride, factor, state, scores);
        weighSpan(span, rows, scores, lanes.stride, headSize, state.out);
    }
};

template<class T>
struct Products {
    using Type = FloatProducts<T>;
};

} // namespace
} // namespace palimpsest

#if defined(__AVX512BF16__)
#include "kernels/cpu/attention_pair_products.h"
#endif
