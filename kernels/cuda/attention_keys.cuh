// What all attention kernels share: finding packed queries and keys, bringing them into shared memory, and who sees whom.
#pragma once

#include "kernels/cuda/fragments.cuh"
#include "kernels/cuda/plugin.h"
#include "kernels/cuda/stages.cuh"

#include <cstdint>

namespace palimpsest::cuda {

// Keys (or, backward, queries) brought at once: what two stages of 128 numbers leave of a small card's shared memory.
template<int kHeadSize>
constexpr int kStep = kHeadSize == 128 ? 32 : 64;

constexpr float kLog2E = 1.44269504088896341f, kLn2 = 0.69314718055994531f;
constexpr std::int32_t kUnseen = INT32_MIN; // a key position that nothing sees

__device__ __forceinline__ const QueryTile* queryTilesOf(const AttentionCall& call) {
    return reinterpret_cast<const QueryTile*>(call.plan + call.sizes.queryTileAt);
}
__device__ __forceinline__ const KeyTile* keyTilesOf(const AttentionCall& call) {
    return reinterpret_cast<const KeyTile*>(call.plan + call.sizes.keyTileAt);
}

// Where packed row `packed` of a run lies among the N queries and H heads.
struct PackedRow {
    std::int32_t query; // of the run
    std::int32_t head;

    __device__ __forceinline__ PackedRow(const AttentionCall& call, int packed, int keyHead) {
        const int group = call.heads / call.keyHeads;
        query = packed / group;
        head = keyHead * group + packed % group;
    }
};

// Query i sees key j when i - j + back lies in [0, span), j is not hidden and not kUnseen.
struct Sight {
    std::uint32_t back, span;
    std::int32_t hiddenBegin;
    std::uint32_t hiddenCount;

    // Of a class of keys; own slots are given the position of their run's first query and are seen by all.
    __device__ __forceinline__ Sight(const QueryTile& tile, int keyClass) {
        const bool own = keyClass == kOwn;
        const auto radius = std::uint32_t(own ? kFar : tile.radius[keyClass]);
        const bool causal = own || tile.causal != 0;
        back = causal ? 0 : radius - 1;
        span = causal ? radius : 2 * radius - 1;
        hiddenBegin = tile.hiddenBegin;
        hiddenCount = own ? 0 : std::uint32_t(tile.hiddenCount);
    }

    __device__ __forceinline__ std::int32_t unlessHidden(std::int32_t key) const {
        return std::uint32_t(key) - std::uint32_t(hiddenBegin) < hiddenCount ? kUnseen : key;
    }
    __device__ __forceinline__ bool sees(std::int32_t query, std::int32_t key) const {
        return std::uint32_t(query) - std::uint32_t(key) + back < span;
    }
};

// Copies `rows` rows of kHeadSize numbers, of which the first `wanted` exist; find(row) says where one begins.
template<int kHeadSize, int kRows, class Find>
__device__ __forceinline__ void copyRows(Bits* to, int wanted, const Find& find) {
    constexpr int kPieces = kHeadSize / 8;
    PALIMPSEST_UNROLL_TWICE
    for (int step = 0; step < kRows * kPieces / kThreads; ++step) {
        const int piece = step * kThreads + int(threadIdx.x), row = piece / kPieces, column = piece % kPieces * 8;
        const Bits* from = find(row < wanted ? row : 0);
        copy16(to + row * kSharedStride<kHeadSize> + column, from + column, row < wanted);
    }
}

// The packed queries of a tile from row `first` of it on, of a matrix with rows `stride` numbers apart.
template<int kHeadSize, int kRows>
__device__ __forceinline__ void copyQueries(Bits* to, const AttentionCall& call, const QueryTile& tile, int first,
                                            int keyHead, const void* matrix, std::int64_t stride) {
    copyRows<kHeadSize, kRows>(to, tile.count - first, [&](int row) {
        const PackedRow at(call, tile.packed + first + row, keyHead);
        return static_cast<const Bits*>(matrix) + std::int64_t(tile.row + at.query) * stride + at.head * kHeadSize;
    });
}

// A piece of the keys a tile of queries goes through.
struct KeyPiece {
    std::int32_t begin, count; // of the order, or of the own keys
    std::int32_t keyClass;
};

// Pieces of up to kKeys keys: class by class, then the own slots.
template<int kKeys>
struct KeyPieces {
    const QueryTile& tile;

    __device__ __forceinline__ int count() const {
        int pieces = (tile.own + kKeys - 1) / kKeys;
        for (int c = 0; c < kClasses; ++c) pieces += (tile.end[c] - tile.begin[c] + kKeys - 1) / kKeys;
        return pieces;
    }
    __device__ __forceinline__ KeyPiece piece(int index) const {
        int c = 0, begin = 0, size = 0;
        for (; c <= kClasses; ++c) {
            begin = c == kOwn ? tile.row : tile.begin[c];
            size = c == kOwn ? tile.own : tile.end[c] - tile.begin[c];
            const int pieces = (size + kKeys - 1) / kKeys;
            if (index < pieces) break;
            index -= pieces;
        }
        const int left = size - index * kKeys;
        return {begin + index * kKeys, left < kKeys ? left : kKeys, c};
    }
};

// Keys, values and positions of one piece in shared memory.
template<int kHeadSize, int kKeys>
struct KeyStage {
    Bits *keys = nullptr, *values = nullptr; // (kKeys, kHeadSize)
    std::int32_t* positions = nullptr;       // (kKeys)

    static constexpr int kBytes = 2 * kKeys * kSharedStride<kHeadSize> * 2 + kKeys * 4;

    __device__ __forceinline__ void take(SharedMemory& shared) {
        keys = shared.take<Bits>(kKeys * kSharedStride<kHeadSize>);
        values = shared.take<Bits>(kKeys * kSharedStride<kHeadSize>);
        positions = shared.take<std::int32_t>(kKeys);
    }

    __device__ __forceinline__ void copy(const AttentionCall& call, const KeyPiece& piece, int keyHead,
                                         std::int32_t ownPosition) {
        const bool own = piece.keyClass == kOwn;
        const std::int64_t stride = own ? call.ownStride : call.rowStride;
        const std::int32_t* order = call.plan + call.sizes.orderAt + piece.begin;
        const auto offset = [&](int row) {
            return std::int64_t(own ? piece.begin + row : order[row]) * stride + keyHead * kHeadSize;
        };
        const auto* fromKeys = static_cast<const Bits*>(own ? call.ownKeys : call.keys);
        const auto* fromValues = static_cast<const Bits*>(own ? call.ownValues : call.values);
        copyRows<kHeadSize, kKeys>(keys, piece.count, [&](int row) { return fromKeys + offset(row); });
        copyRows<kHeadSize, kKeys>(values, piece.count, [&](int row) { return fromValues + offset(row); });
        const int key = int(threadIdx.x);
        if (key >= kKeys) return;
        if (own || key >= piece.count)
            positions[key] = key < piece.count ? ownPosition : kUnseen;
        else
            copy4(positions + key, call.plan + call.sizes.positionAt + piece.begin + key);
    }
};

} // namespace palimpsest::cuda
