// Up to kKeyChunk keys of a tile, and the scores of its lanes with them. Local to the including file, see simd.h.
#pragma once

#include "kernels/cpu/attention_blocks.h"
#include "kernels/cpu/attention_tile.h"

namespace palimpsest {
namespace {

constexpr float kMinusInfinity = -__builtin_inff();
constexpr float kLog2E = 1.44269504f, kLn2 = 0.693147181f;

// The lanes of a tile: padded to whole vectors, whose surplus lanes belong to no query.
struct Lanes {
    int vectors = 0;
    std::int64_t stride = 0;          // lanes, padded: the distance of rows of (., lanes) buffers
    std::int32_t queries[kTileLanes]; // of each lane; those past the last lane see no key that is not seen by all

    template<class T>
    explicit Lanes(const AttentionTile<T>& tile) {
        vectors = (tile.count * tile.shared + kWidth - 1) / kWidth;
        stride = std::int64_t(vectors) * kWidth;
        int lane = 0;
        for (int q = 0; q < tile.count; ++q)
            for (int h = 0; h < tile.shared; ++h) queries[lane++] = q;
        while (lane < stride) queries[lane++] = tile.count;
    }
};

// Scores are (q · k) c with q of the right sign: the factor c >= 0 includes log2(e) and is applied where the power of
// two is taken. A scale of zero makes q zero instead, so that masked scores stay -infinity.
struct Scale {
    float ofQueries = 1, factor = 1;
    explicit Scale(float scale) {
        if (scale == 0) ofQueries = 0;
        if (scale < 0) ofQueries = -1;
        if (scale != 0) factor = (scale < 0 ? -scale : scale) * kLog2E;
    }
};

// Consecutive keys [firstKey, lastKey) of a chunk that are seen from the same vectors [firstVector, lastVector).
struct Span {
    int firstKey, lastKey, firstVector, lastVector;
};

template<class T>
struct Chunk {
    int count = 0;
    bool byAll = false; // every query sees every key
    const SeenKey* seen = nullptr;
    const T* keys[kKeyChunk + kBlockRows]; // past the last key: the last again, so that blocks are whole
    const T* values[kKeyChunk + kBlockRows];
    Span spans[kKeyChunk / kBlockRows];
    int spanCount = 0;
};

// The keys [first, last), or those of them that all queries see, if the first is one of those.
template<class T>
void locate(const AttentionTile<T>& tile, std::int64_t first, std::int64_t last, Chunk<T>& chunk) {
    chunk.byAll = first < tile.seenByAll;
    if (chunk.byAll) last = least(last, tile.seenByAll);
    chunk.count = int(least(kKeyChunk, last - first));
    chunk.seen = tile.seen + first;
    const int rows = int(least(most(tile.rowsSeen - first, 0), chunk.count));
    for (int i = 0; i < rows; ++i) {
        const std::int64_t at = chunk.seen[i].row * tile.rowStride;
        chunk.keys[i] = tile.keys + at;
        chunk.values[i] = tile.values + at;
    }
    for (int i = rows; i < chunk.count; ++i) {
        const std::int64_t at = chunk.seen[i].row * tile.ownStride;
        chunk.keys[i] = tile.ownKeys + at;
        chunk.values[i] = tile.ownValues + at;
    }
    for (int i = chunk.count; i % kBlockRows != 0; ++i) {
        chunk.keys[i] = chunk.keys[chunk.count - 1];
        chunk.values[i] = chunk.values[chunk.count - 1];
    }
}

// Cuts the chunk where the vectors that see its blocks of keys change.
template<class T>
void findSpans(const AttentionTile<T>& tile, const Lanes& lanes, Chunk<T>& chunk) {
    chunk.spanCount = 0;
    if (chunk.byAll) {
        chunk.spans[chunk.spanCount++] = {0, chunk.count, 0, lanes.vectors};
        return;
    }
    for (int key = 0; key < chunk.count; key += kBlockRows) {
        const int end = int(least(key + kBlockRows, chunk.count));
        int first = chunk.seen[key].first, last = chunk.seen[key].last;
        for (int i = key + 1; i < end; ++i) {
            first = int(least(first, chunk.seen[i].first));
            last = int(most(last, chunk.seen[i].last));
        }
        const int from = first * tile.shared / kWidth, to = ((last + 1) * tile.shared + kWidth - 1) / kWidth;
        Span* before = chunk.spanCount ? &chunk.spans[chunk.spanCount - 1] : nullptr;
        if (before && before->firstVector == from && before->lastVector == to)
            before->lastKey = end;
        else
            chunk.spans[chunk.spanCount++] = {key, end, from, to};
    }
}

// scores (keys, lanes) of a span with queries (K, lanes); rows past the span's last key may be overwritten. Asks meanwhile
// for the next block's rows, and for those of `later` (null: none) that belong to the block's keys.
template<class T = float>
inline void scoreSpan(const Span& span, const float* const* rows, const float* queries, std::int64_t stride,
                      int headSize, float* scores, const T* const* later = nullptr) {
    const int parts = (span.lastVector - span.firstVector + kBlockVectors - 1) / kBlockVectors;
    for (int key = span.firstKey; key < span.lastKey; key += kBlockRows)
        for (int part = 0; part < parts; ++part) {
            if (kAsksAhead && key + kBlockRows < span.lastKey)
                askForRows(rows + key + kBlockRows, part, parts, headSize);
            if (kAsksAhead && later) askForRows(later + key, part, parts, headSize);
            const int v = span.firstVector + part * kBlockVectors;
            withVectors(span.lastVector - v, [&](auto vectors) {
                scoreBlock<decltype(vectors)::value>(rows + key, queries + v * kWidth, stride, headSize,
                                                     scores + key * stride + v * kWidth);
            });
        }
}

// sums (K, lanes) += over the span's keys: their row * weights (keys, lanes).
inline void weighSpan(const Span& span, const float* const* rows, const float* weights, std::int64_t stride,
                      int headSize, float* sums) {
    for (int v = span.firstVector; v < span.lastVector; v += kBlockVectors)
        withVectors(span.lastVector - v, [&](auto vectors) {
            overElements(headSize, [&](auto elements, int e) {
                weighBlock<decltype(elements)::value, decltype(vectors)::value>(
                    rows + span.firstKey, span.lastKey - span.firstKey, e,
                    weights + span.firstKey * stride + v * kWidth, stride, sums + e * stride + v * kWidth);
            });
        });
}

// Scores of lanes that do not see a key become -infinity.
template<class T>
void hideUnseen(const AttentionTile<T>& tile, const Lanes& lanes, const Chunk<T>& chunk, const Span& span,
                float* scores) {
    if (chunk.byAll) return;
    for (int key = span.firstKey; key < span.lastKey; ++key) {
        const int first = chunk.seen[key].first, last = chunk.seen[key].last;
        if (first == 0 && last == tile.count - 1) continue;
        for (int v = span.firstVector; v < span.lastVector; ++v) {
            float* at = scores + key * lanes.stride + v * kWidth;
            store(at, betweenThen(lanes.queries + v * kWidth, first, last, load(at), all(kMinusInfinity)));
        }
    }
}

// Rows as f32: where they lie, or widened into `to` (rows, headSize + 16).
inline const float* const* asFloats(const float* const* rows, int, int, float*, const float**) {
    return rows;
}
inline const float* const* asFloats(const Bf16* const* rows, int count, int headSize, float* to,
                                    const float** pointers) {
    for (int i = 0; i < count; ++i) {
        float* row = to + std::int64_t(i) * (headSize + 16);
        for (int k = 0; k < headSize; ++k) row[k] = widen(rows[i][k]);
        pointers[i] = row;
    }
    for (int i = count; i % kBlockRows != 0; ++i) pointers[i] = pointers[count - 1];
    return pointers;
}

} // namespace
} // namespace palimpsest
