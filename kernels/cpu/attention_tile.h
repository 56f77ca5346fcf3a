// What the instruction sets implement of sparse attention: the work of one tile, that is, some consecutive queries of
// one run and the query heads that share one key head, side by side in the lanes of vectors (lane = query * shared +
// head). The rest (which rows a tile sees, how work is cut, sums over tiles) is in sparse_attention*.cpp.
//
// Lanes are queries, so keys and values are read where they lie, one element broadcast at a time: rows may have any
// order, distance and holes, nothing is packed or gathered, and no softmax reduces within a vector.
// The softmax over chunks of keys with a running maximum: Milakov and Gimelshein, arXiv 1805.02867; the backward pass
// from the log-sum-exp: Dao et al., arXiv 2205.14135.
//
// Thread-safe: no state. Nothing is owned; buffers are aligned to kBufferAlignment bytes.
#pragma once

#include "kernels/sparse_attention.h"

namespace palimpsest {

constexpr int kTileLanes = 64;
constexpr int kKeyChunk = 60; // keys whose scores are held at once, in the first-level cache
constexpr int kBufferAlignment = 64;

// One key of a tile and the queries of the tile that see it, counted from the tile's first: [first, last].
struct SeenKey {
    std::int32_t row;
    std::int16_t first, last;
};

// Pointers are to the tile's first query (its first head) and to its key head in row 0.
template<class T>
struct AttentionTile {
    const T* queries = nullptr; // (count, shared, K), queries `queryStride` elements apart
    std::int64_t queryStride = 0;
    int count = 0;    // queries
    int shared = 1;   // heads; count * shared <= kTileLanes
    int headSize = 1; // K
    float scale = 1;
    const SeenKey* seen = nullptr; // (rowsSeen + ownSeen): rows, those that all queries see first, then own slots
    std::int64_t rowsSeen = 0, ownSeen = 0, seenByAll = 0;
    const T* keys = nullptr; // (L, K), `rowStride` elements apart
    const T* values = nullptr;
    std::int64_t rowStride = 0;
    const T* ownKeys = nullptr; // (slots of the run, K), `ownStride` elements apart
    const T* ownValues = nullptr;
    std::int64_t ownStride = 0;
};

// Floats of a tile's unfinished softmax, and of the working memory of a call.
constexpr std::int64_t attentionStateFloats(int headSize) {
    return std::int64_t(kTileLanes) * (2 * headSize + 4);
}
constexpr std::int64_t attentionScratchFloats(int headSize) {
    return std::int64_t(kTileLanes) * 2 * (kKeyChunk + 4) + std::int64_t(kKeyChunk + 4) * 2 * (headSize + 16);
}
constexpr std::int64_t attentionBackwardFloats(int headSize) { // state and scratch
    return attentionScratchFloats(headSize) + std::int64_t(kTileLanes) * 5 * (headSize + 16);
}

// Where a tile's gradients come from and go to. All rows are f32 sums, `paddedHeadSize` floats or more apart.
template<class T>
struct AttentionTileGradients {
    const T* outputGradient = nullptr; // (count, shared, K), queries `outStride` apart, as all three
    const T* output = nullptr;
    T* queries = nullptr; // overwritten
    std::int64_t outStride = 0;
    const float* logSumExp = nullptr; // (count, shared), queries `logSumExpStride` apart
    std::int64_t logSumExpStride = 0;
    // Added to; null: not wanted. Row r of the tile's keys goes to row slots[i], where i is its place in `seen`.
    float* keys = nullptr;
    float* values = nullptr;
    const std::int32_t* slots = nullptr; // (rowsSeen)
    std::int64_t rowStride = 0;
    float* ownKeys = nullptr; // (slots of the run, K), null likewise
    float* ownValues = nullptr;
    std::int64_t ownStride = 0;
};

// The vectors of dK and dV are whole: rows of sums take this many floats or more.
constexpr std::int64_t paddedHeadSize(std::int64_t headSize) {
    return (headSize + 15) / 16 * 16;
}

template<class T>
struct AttentionKernels {
    const char* name;
    // An empty softmax of the tile.
    void (*begin)(const AttentionTile<T>& tile, float* state);
    // Adds the keys [first, last) of `seen`.
    void (*attend)(const AttentionTile<T>& tile, std::int64_t first, std::int64_t last, float* state, float* scratch);
    // Adds another softmax of the same queries over other keys.
    void (*merge)(const AttentionTile<T>& tile, float* state, const float* other);
    // out (count, shared, K) and logSumExp (count, shared; may be null), queries `outStride` and `sumStride` apart.
    void (*finish)(const AttentionTile<T>& tile, const float* state, T* out, std::int64_t outStride, float* logSumExp,
                   std::int64_t sumStride);
    void (*backward)(const AttentionTile<T>& tile, const AttentionTileGradients<T>& gradients, float* buffer);
};

// One pair per instruction set; entered only where the processor has it. attentionKernels() chooses.
struct AttentionKernelSet {
    AttentionKernels<float> f32;
    AttentionKernels<Bf16> bf16;
};
const AttentionKernelSet& attentionKernelsScalar();
const AttentionKernelSet& attentionKernelsAvx2();
const AttentionKernelSet& attentionKernelsAvx512();
const AttentionKernelSet& attentionKernelsAvx512Bf16();

} // namespace palimpsest
