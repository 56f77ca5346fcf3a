// Sparse attention of a card, forward: one block of threads per tile of packed queries and key head. Online softmax
// (FlashAttention-2, arXiv 2307.08691) over the pieces of keys the plan lists; see attention_plan.h.
#pragma once

#include "kernels/cuda/attention_keys.cuh"

namespace palimpsest::cuda {

constexpr float kNever = -1e30f; // below any score; finite, so that differences stay numbers

template<int kHeadSize>
constexpr int forwardSharedBytes(int stages) {
    return kTileRows * kSharedStride<kHeadSize> * 2 + stages * KeyStage<kHeadSize, kStep<kHeadSize>>::kBytes;
}

// Softmax state of the two rows a lane has a part of.
template<int kHeadSize>
struct RunningSoftmax {
    float output[kHeadSize / 8][4]; // weighted sum of values
    float most[2], sum[2];          // of scores in base 2; the sum is this lane's part

    __device__ __forceinline__ void begin() {
        clear(output);
        most[0] = most[1] = kNever;
        sum[0] = sum[1] = 0;
    }

    // Turns scores of kKeys keys, kNever where unseen, into weights; what was summed before is scaled to match.
    template<int kKeys>
    __device__ __forceinline__ void weigh(float (&scores)[kKeys / 8][4]) {
        PALIMPSEST_UNROLL
        for (int half = 0; half < 2; ++half) {
            float top = most[half];
            PALIMPSEST_UNROLL
            for (int i = 0; i < kKeys / 4; ++i) {
                const float score = scores[i / 2][half * 2 + i % 2];
                top = score > top ? score : top;
            }
            top = mostOfRow(top);
            const float factor = exp2Approximate(most[half] - top);
            float added = 0;
            PALIMPSEST_UNROLL
            for (int i = 0; i < kKeys / 4; ++i) {
                float& score = scores[i / 2][half * 2 + i % 2];
                score = score == kNever ? 0.f : exp2Approximate(score - top);
                added += score;
            }
            most[half] = top;
            sum[half] = sum[half] * factor + added;
            PALIMPSEST_UNROLL
            for (int block = 0; block < kHeadSize / 8; ++block) {
                output[block][half * 2] *= factor;
                output[block][half * 2 + 1] *= factor;
            }
        }
    }
};

// Scales scores to base 2 and puts kNever where a key is not seen. `query` is the position of the lane's two rows.
template<int kKeys>
__device__ __forceinline__ void maskScores(float (&scores)[kKeys / 8][4], const Sight& sight, const int (&query)[2],
                                           const std::int32_t* positions, float scale) {
    PALIMPSEST_UNROLL
    for (int i = 0; i < kKeys / 4; ++i) {
        const std::int32_t key = sight.unlessHidden(positions[i / 2 * 8 + laneOf() % 4 * 2 + i % 2]);
        PALIMPSEST_UNROLL
        for (int half = 0; half < 2; ++half) {
            float& score = scores[i / 2][half * 2 + i % 2];
            score = sight.sees(query[half], key) ? score * scale : kNever;
        }
    }
}

template<class Numbers, int kHeadSize>
__device__ __forceinline__ void storeOutput(const AttentionCall& call, const QueryTile& tile, int keyHead,
                                            const RunningSoftmax<kHeadSize>& state) {
    PALIMPSEST_UNROLL
    for (int half = 0; half < 2; ++half) {
        const int row = warpOf() * kWarpRows + laneOf() / 4 + half * 8;
        const float sum = sumOfRow(state.sum[half]);
        if (row >= tile.count) continue;
        const PackedRow at(call, tile.packed + row, keyHead);
        const std::int64_t index = std::int64_t(tile.row + at.query) * call.heads + at.head;
        storeRow<Numbers, kHeadSize>(static_cast<Bits*>(call.output) + index * kHeadSize, state.output, half,
                                     sum > 0 ? 1 / sum : 0);
        if (call.logSumExp && laneOf() % 4 == 0)
            call.logSumExp[index] = sum > 0 ? (state.most[half] + log2f(sum)) * kLn2 : -INFINITY;
    }
}

// Grid: (query tiles, key heads). Shared memory: forwardSharedBytes.
template<class Numbers, int kHeadSize>
__global__ void __launch_bounds__(kThreads) attentionForward(AttentionCall call) {
    constexpr int kKeys = kStep<kHeadSize>;
    const QueryTile& tile = queryTilesOf(call)[blockIdx.x];
    const int keyHead = int(blockIdx.y);
    SharedMemory shared;
    Bits* queries = shared.take<Bits>(kTileRows * kSharedStride<kHeadSize>);
    Stages<KeyStage<kHeadSize, kKeys>> stages;
    stages.take(shared);

    copyQueries<kHeadSize, kTileRows>(queries, call, tile, 0, keyHead, call.queries, call.queryStride);
    waitForCopies();
    barrier();
    std::uint32_t left[kHeadSize / 16][4];
    loadLeft<kHeadSize>(left, queries + warpOf() * kWarpRows * kSharedStride<kHeadSize>);

    const int group = call.heads / call.keyHeads, row = tile.packed + warpOf() * kWarpRows + laneOf() / 4;
    const int position[2] = {tile.position + row / group, tile.position + (row + 8) / group};
    const KeyPieces<kKeys> pieces{tile};
    RunningSoftmax<kHeadSize> state;
    state.begin();
    throughStages(
        pieces.count(),
        [&](int piece, int stage) { stages(stage).copy(call, pieces.piece(piece), keyHead, tile.position); },
        [&](int piece, int stage) {
            float scores[kKeys / 8][4];
            clear(scores);
            multiplyByRows<Numbers, kHeadSize, kKeys>(scores, left, stages(stage).keys);
            const Sight sight(tile, pieces.piece(piece).keyClass);
            maskScores<kKeys>(scores, sight, position, stages(stage).positions, call.scale * kLog2E);
            state.template weigh<kKeys>(scores);
            addWeighted<Numbers, kHeadSize, kKeys>(state.output, scores, stages(stage).values);
        });
    storeOutput<Numbers, kHeadSize>(call, tile, keyHead, state);
}

} // namespace palimpsest::cuda
