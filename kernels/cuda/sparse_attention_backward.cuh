// Sparse attention of a card, backward, by recomputing the weights from the log-sum-exp (FlashAttention-2, arXiv
// 2307.08691, algorithm 2), in three passes and without atomics, so that results repeat bit for bit:
//   attentionDeltas         per query, the product of output and its gradient
//   attentionGradQueries    owned by tiles of queries, which go through the keys they see
//   attentionGradKeys       owned by tiles of keys, which go through the tiles of queries that see them (see
//                           attention_plan.h); attentionAddParts then adds the sums of tiles that were cut
#pragma once

#include "kernels/cuda/attention_keys.cuh"

namespace palimpsest::cuda {

// The workspace: (N, H) deltas, then per part, key head and {keys, values} the sums (64, K).
__device__ __forceinline__ float* deltasOf(const AttentionGradientCall& call) {
    return call.workspace;
}
__device__ __forceinline__ float* sumsOf(const AttentionGradientCall& call, int part, int keyHead, int which) {
    const AttentionCall& forward = call.forward;
    const std::int64_t block = (std::int64_t(part) * forward.keyHeads + keyHead) * 2 + which;
    return call.workspace + forward.sizes.queries * forward.heads + block * kTileRows * forward.headSize;
}

// Grid: (ceil(N H / 4)); a warp per row.
template<class Numbers>
__global__ void __launch_bounds__(kThreads) attentionDeltas(AttentionGradientCall call) {
    const std::int64_t row = std::int64_t(blockIdx.x) * (kThreads / 32) + warpOf();
    if (row >= call.forward.sizes.queries * call.forward.heads) return;
    const int pairs = call.forward.headSize / 2;
    const auto* output = static_cast<const std::uint32_t*>(call.forward.output) + row * pairs;
    const auto* gradient = static_cast<const std::uint32_t*>(call.outputGradient) + row * pairs;
    float sum = 0;
    for (int i = laneOf(); i < pairs; i += 32) {
        sum += Numbers::number(output[i]) * Numbers::number(gradient[i]);
        sum += Numbers::number(output[i] >> 16) * Numbers::number(gradient[i] >> 16);
    }
    for (int lanes = 16; lanes > 0; lanes /= 2) sum += exchangeXor(sum, lanes);
    if (laneOf() == 0) deltasOf(call)[row] = sum;
}

template<int kHeadSize>
constexpr int gradQueriesSharedBytes(int stages) {
    return 2 * kTileRows * kSharedStride<kHeadSize> * 2 + stages * KeyStage<kHeadSize, kStep<kHeadSize>>::kBytes;
}

// What a lane knows of its two rows of queries.
struct QueryRows {
    std::int32_t position[2];
    float logSumExp[2], delta[2]; // in base 2; zeros beyond the tile, where gradients are zeros too

    __device__ __forceinline__ QueryRows(const AttentionGradientCall& call, const QueryTile& tile, int keyHead) {
        PALIMPSEST_UNROLL
        for (int half = 0; half < 2; ++half) {
            const int row = warpOf() * kWarpRows + laneOf() / 4 + half * 8;
            const PackedRow at(call.forward, tile.packed + row, keyHead);
            const std::int64_t index = std::int64_t(tile.row + at.query) * call.forward.heads + at.head;
            position[half] = tile.position + at.query;
            logSumExp[half] = row < tile.count ? call.forward.logSumExp[index] * kLog2E : 0;
            delta[half] = row < tile.count ? deltasOf(call)[index] : 0;
        }
    }
};

// Scores become weights, 0 where a key is not seen.
template<int kKeys>
__device__ __forceinline__ void weighByRow(float (&scores)[kKeys / 8][4], const Sight& sight, const QueryRows& rows,
                                           const std::int32_t* positions, float scale) {
    PALIMPSEST_UNROLL
    for (int i = 0; i < kKeys / 4; ++i) {
        const std::int32_t key = sight.unlessHidden(positions[i / 2 * 8 + laneOf() % 4 * 2 + i % 2]);
        PALIMPSEST_UNROLL
        for (int half = 0; half < 2; ++half) {
            float& score = scores[i / 2][half * 2 + i % 2];
            const float weight = exp2Approximate(score * scale - rows.logSumExp[half]);
            score = sight.sees(rows.position[half], key) ? weight : 0;
        }
    }
}

// Grid: (query tiles, key heads). Shared memory: gradQueriesSharedBytes.
template<class Numbers, int kHeadSize>
__global__ void __launch_bounds__(kThreads, 2) attentionGradQueries(AttentionGradientCall call) {
    constexpr int kKeys = kStep<kHeadSize>, kStride = kSharedStride<kHeadSize>;
    const AttentionCall& forward = call.forward;
    const QueryTile& tile = queryTilesOf(forward)[blockIdx.x];
    const int keyHead = int(blockIdx.y);
    SharedMemory shared;
    Bits* queries = shared.take<Bits>(kTileRows * kStride);
    Bits* gradients = shared.take<Bits>(kTileRows * kStride);
    Stages<KeyStage<kHeadSize, kKeys>> stages;
    stages.take(shared);
    const std::int64_t width = std::int64_t(forward.heads) * kHeadSize;
    copyQueries<kHeadSize, kTileRows>(queries, forward, tile, 0, keyHead, forward.queries, forward.queryStride);
    copyQueries<kHeadSize, kTileRows>(gradients, forward, tile, 0, keyHead, call.outputGradient, width);
    waitForCopies();
    barrier();

    const QueryRows rows(call, tile, keyHead);
    const KeyPieces<kKeys> pieces{tile};
    const int offset = warpOf() * kWarpRows * kStride;
    float sum[kHeadSize / 8][4];
    clear(sum);
    throughStages(
        pieces.count(),
        [&](int piece, int stage) { stages(stage).copy(forward, pieces.piece(piece), keyHead, tile.position); },
        [&](int piece, int stage) {
            std::uint32_t left[kHeadSize / 16][4];
            float weights[kKeys / 8][4], products[kKeys / 8][4];
            clear(weights);
            clear(products);
            loadLeft<kHeadSize>(left, queries + offset);
            multiplyByRows<Numbers, kHeadSize, kKeys>(weights, left, stages(stage).keys);
            const Sight sight(tile, pieces.piece(piece).keyClass);
            weighByRow<kKeys>(weights, sight, rows, stages(stage).positions, forward.scale * kLog2E);
            loadLeft<kHeadSize>(left, gradients + offset);
            multiplyByRows<Numbers, kHeadSize, kKeys>(products, left, stages(stage).values);
            PALIMPSEST_UNROLL
            for (int i = 0; i < kKeys / 2; ++i) weights[i / 4][i % 4] *= products[i / 4][i % 4] - rows.delta[i % 4 / 2];
            addWeighted<Numbers, kHeadSize, kKeys>(sum, weights, stages(stage).keys);
        });
    PALIMPSEST_UNROLL
    for (int half = 0; half < 2; ++half) {
        const int row = warpOf() * kWarpRows + laneOf() / 4 + half * 8;
        if (row >= tile.count) continue;
        const PackedRow at(forward, tile.packed + row, keyHead);
        Bits* to = static_cast<Bits*>(call.queries) +
                   (std::int64_t(tile.row + at.query) * forward.heads + at.head) * kHeadSize;
        storeRow<Numbers, kHeadSize>(to, sum, half, forward.scale);
    }
}

// Queries, gradients of their outputs and what else is known of them, kRows at a time in shared memory.
template<int kHeadSize, int kRows>
struct QueryStage {
    Bits *queries = nullptr, *gradients = nullptr; // (kRows, kHeadSize)
    std::int32_t* positions = nullptr;             // (kRows)
    float *logSumExp = nullptr, *deltas = nullptr; // (kRows), natural; zeros beyond the tile

    static constexpr int kBytes = 2 * kRows * kSharedStride<kHeadSize> * 2 + 3 * kRows * 4;

    __device__ __forceinline__ void take(SharedMemory& shared) {
        queries = shared.take<Bits>(kRows * kSharedStride<kHeadSize>);
        gradients = shared.take<Bits>(kRows * kSharedStride<kHeadSize>);
        positions = shared.take<std::int32_t>(kRows);
        logSumExp = shared.take<float>(kRows);
        deltas = shared.take<float>(kRows);
    }

    __device__ __forceinline__ void copy(const AttentionGradientCall& call, const QueryTile& tile, int first,
                                         int keyHead) {
        const AttentionCall& forward = call.forward;
        const std::int64_t width = std::int64_t(forward.heads) * kHeadSize;
        copyQueries<kHeadSize, kRows>(queries, forward, tile, first, keyHead, forward.queries, forward.queryStride);
        copyQueries<kHeadSize, kRows>(gradients, forward, tile, first, keyHead, call.outputGradient, width);
        const int row = int(threadIdx.x);
        if (row >= kRows) return;
        const PackedRow at(forward, tile.packed + first + row, keyHead);
        positions[row] = tile.position + at.query;
        if (first + row < tile.count) {
            const std::int64_t index = std::int64_t(tile.row + at.query) * forward.heads + at.head;
            copy4(logSumExp + row, forward.logSumExp + index);
            copy4(deltas + row, deltasOf(call) + index);
        } else {
            logSumExp[row] = 0;
            deltas[row] = 0;
        }
    }
};

// Scores of 16 keys by kQueries queries become weights. `key` is the position of the lane's two keys.
template<int kQueries, class Stage>
__device__ __forceinline__ void weighByColumn(float (&scores)[kQueries / 8][4], const Sight& sight,
                                              const std::int32_t (&key)[2], const Stage& stage, float scale) {
    PALIMPSEST_UNROLL
    for (int i = 0; i < kQueries / 4; ++i) {
        const int column = i / 2 * 8 + laneOf() % 4 * 2 + i % 2;
        const float logSumExp = stage.logSumExp[column] * kLog2E;
        PALIMPSEST_UNROLL
        for (int half = 0; half < 2; ++half) {
            float& score = scores[i / 2][half * 2 + i % 2];
            const float weight = exp2Approximate(score * scale - logSumExp);
            score = sight.sees(stage.positions[column], key[half]) ? weight : 0;
        }
    }
}

// Queries brought at once in the pass owned by keys, which holds two sums: fewer where the older compiler target would
// run out of registers. The host asks for the shared memory of the larger step; that is no harm.
template<int kHeadSize>
constexpr int kQueryStep = kHeadSize == 128 && kArch < 800 ? 16 : kStep<kHeadSize>;

struct KeyGradientCall {
    AttentionGradientCall call;
    std::int32_t firstTile;
};

template<int kHeadSize>
constexpr int gradKeysSharedBytes(int stages) {
    return 2 * kTileRows * kSharedStride<kHeadSize> * 2 + stages * QueryStage<kHeadSize, kQueryStep<kHeadSize>>::kBytes;
}

// Keys and values of a tile, all 64 rows; rows beyond it are zeros.
template<int kHeadSize>
__device__ __forceinline__ void copyKeyTile(Bits* keys, Bits* values, const AttentionCall& call, const KeyTile& tile,
                                            int keyHead) {
    const bool own = tile.keyClass == kOwn;
    const std::int64_t stride = own ? call.ownStride : call.rowStride;
    const std::int32_t* order = call.plan + call.sizes.orderAt + tile.begin;
    const auto* fromKeys = static_cast<const Bits*>(own ? call.ownKeys : call.keys) + keyHead * kHeadSize;
    const auto* fromValues = static_cast<const Bits*>(own ? call.ownValues : call.values) + keyHead * kHeadSize;
    const auto offset = [&](int row) { return std::int64_t(own ? tile.begin + row : order[row]) * stride; };
    copyRows<kHeadSize, kTileRows>(keys, tile.count, [&](int row) { return fromKeys + offset(row); });
    copyRows<kHeadSize, kTileRows>(values, tile.count, [&](int row) { return fromValues + offset(row); });
}

// Writes the gradients of a tile of keys, or this part's sums of them. which: 0 keys, 1 values.
template<class Numbers, int kHeadSize>
__device__ __forceinline__ void storeKeyGradient(const AttentionGradientCall& call, const KeyTile& tile, int keyHead,
                                                 const float (&sum)[kHeadSize / 8][4], int which, float factor) {
    const bool own = tile.keyClass == kOwn;
    void* matrix = which == 0 ? (own ? call.ownKeys : call.keys) : (own ? call.ownValues : call.values);
    PALIMPSEST_UNROLL
    for (int half = 0; half < 2; ++half) {
        const int row = warpOf() * kWarpRows + laneOf() / 4 + half * 8;
        if (row >= tile.count) continue;
        if (tile.part >= 0) {
            float* to = sumsOf(call, tile.part, keyHead, which) + row * kHeadSize + laneOf() % 4 * 2;
            PALIMPSEST_UNROLL
            for (int i = 0; i < kHeadSize / 4; ++i) to[i / 2 * 8 + i % 2] = sum[i / 2][half * 2 + i % 2] * factor;
        } else {
            const AttentionCall& forward = call.forward;
            const std::int64_t index = own ? tile.begin + row : forward.plan[forward.sizes.orderAt + tile.begin + row];
            storeRow<Numbers, kHeadSize>(static_cast<Bits*>(matrix) + (index * forward.keyHeads + keyHead) * kHeadSize,
                                         sum, half, factor);
        }
    }
}

// Positions of the lane's two keys in the eyes of a tile of queries.
struct KeyRows {
    std::int32_t position[2]; // kUnseen beyond the tile
    bool own;

    __device__ __forceinline__ KeyRows(const AttentionCall& call, const KeyTile& tile) : own(tile.keyClass == kOwn) {
        PALIMPSEST_UNROLL
        for (int half = 0; half < 2; ++half) {
            const int row = warpOf() * kWarpRows + laneOf() / 4 + half * 8;
            position[half] = kUnseen;
            if (row < tile.count) position[half] = own ? 0 : call.plan[call.sizes.positionAt + tile.begin + row];
        }
    }
    __device__ __forceinline__ std::int32_t seenFrom(const QueryTile& tile, const Sight& sight, int half) const {
        if (position[half] == kUnseen) return kUnseen;
        return own ? tile.position : sight.unlessHidden(position[half]);
    }
};

// Grid: (key tiles, key heads). Shared memory: gradKeysSharedBytes.
template<class Numbers, int kHeadSize>
__global__ void __launch_bounds__(kThreads) attentionGradKeys(KeyGradientCall arguments) {
    constexpr int kQueries = kQueryStep<kHeadSize>, kStepsOfTile = kTileRows / kQueries,
                  kStride = kSharedStride<kHeadSize>;
    const AttentionGradientCall& call = arguments.call;
    const AttentionCall& forward = call.forward;
    const KeyTile& tile = keyTilesOf(forward)[arguments.firstTile + int(blockIdx.x)];
    const int keyHead = int(blockIdx.y);
    SharedMemory shared;
    Bits* keys = shared.take<Bits>(kTileRows * kStride);
    Bits* values = shared.take<Bits>(kTileRows * kStride);
    Stages<QueryStage<kHeadSize, kQueries>> stages;
    stages.take(shared);
    copyKeyTile<kHeadSize>(keys, values, forward, tile, keyHead); // there after the first wait and barrier below

    const KeyRows rows(forward, tile);
    const std::int32_t* list = forward.plan + forward.sizes.listAt + tile.listBegin;
    const auto queryTile = [&](int piece) -> const QueryTile& {
        return queryTilesOf(forward)[list[piece / kStepsOfTile]];
    };
    const int offset = warpOf() * kWarpRows * kStride;
    float keySum[kHeadSize / 8][4], valueSum[kHeadSize / 8][4];
    clear(keySum);
    clear(valueSum);
    throughStages((tile.listEnd - tile.listBegin) * kStepsOfTile,
                  [&](int piece, int stage) {
                      stages(stage).copy(call, queryTile(piece), piece % kStepsOfTile * kQueries, keyHead);
                  },
                  [&](int piece, int stage) {
                      const QueryTile& seer = queryTile(piece);
                      const Sight sight(seer, tile.keyClass);
                      const std::int32_t position[2] = {rows.seenFrom(seer, sight, 0), rows.seenFrom(seer, sight, 1)};
                      std::uint32_t left[kHeadSize / 16][4];
                      float weights[kQueries / 8][4], products[kQueries / 8][4];
                      clear(weights);
                      clear(products);
                      loadLeft<kHeadSize>(left, keys + offset);
                      multiplyByRows<Numbers, kHeadSize, kQueries>(weights, left, stages(stage).queries);
                      weighByColumn<kQueries>(weights, sight, position, stages(stage), forward.scale * kLog2E);
                      addWeighted<Numbers, kHeadSize, kQueries>(valueSum, weights, stages(stage).gradients);
                      loadLeft<kHeadSize>(left, values + offset);
                      multiplyByRows<Numbers, kHeadSize, kQueries>(products, left, stages(stage).gradients);
                      PALIMPSEST_UNROLL
                      for (int i = 0; i < kQueries / 2; ++i)
                          weights[i / 4][i % 4] *=
                              products[i / 4][i % 4] - stages(stage).deltas[i / 4 * 8 + laneOf() % 4 * 2 + i % 2];
                      addWeighted<Numbers, kHeadSize, kQueries>(keySum, weights, stages(stage).queries);
                  });
    waitForCopies(); // of the keys, when nothing sees them
    storeKeyGradient<Numbers, kHeadSize>(call, tile, keyHead, keySum, 0, forward.scale);
    storeKeyGradient<Numbers, kHeadSize>(call, tile, keyHead, valueSum, 1, 1);
}

// Grid: (split tiles, key heads, {keys, values}). Adds the parts of a tile in their order.
template<class Numbers>
__global__ void __launch_bounds__(kThreads) attentionAddParts(AttentionGradientCall call) {
    const AttentionCall& forward = call.forward;
    const SplitTile& split = reinterpret_cast<const SplitTile*>(forward.plan + forward.sizes.splitAt)[blockIdx.x];
    const int keyHead = int(blockIdx.y), which = int(blockIdx.z), size = forward.headSize;
    auto* matrix = static_cast<std::uint32_t*>(which == 0 ? call.keys : call.values);
    for (int pair = int(threadIdx.x); pair < split.rows * size / 2; pair += kThreads) {
        float low = 0, high = 0;
        for (int part = 0; part < split.count; ++part) {
            const float* sums = sumsOf(call, split.first + part, keyHead, which) + pair * 2;
            low += sums[0];
            high += sums[1];
        }
        const int row = pair / (size / 2), column = pair % (size / 2);
        const std::int64_t index = forward.plan[forward.sizes.orderAt + split.begin + row];
        matrix[(index * forward.keyHeads + keyHead) * (size / 2) + column] = Numbers::pack(low, high);
    }
}

} // namespace palimpsest::cuda
