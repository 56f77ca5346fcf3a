// Products of the experts on tensor cores: every block of threads makes 64 x 64 numbers of one product of one expert. A
// product says which rows make its two sides (gathered where they lie; nothing is copied beforehand), and where the result
// goes. Rows of a side are either rows of the matrix, or, transposed, run along the depth of the sum.
#pragma once

#include "kernels/cuda/experts_dispatch.cuh"
#include "kernels/cuda/stages.cuh"

namespace palimpsest::cuda {

constexpr int kSide = 64; // of the square a block makes, and the depth of one stage

struct ProductStage {
    Bits *left = nullptr, *right = nullptr; // (kSide, kSide)
    static constexpr int kBytes = 2 * kSide * kSharedStride<kSide> * 2;

    __device__ __forceinline__ void take(SharedMemory& shared) {
        left = shared.take<Bits>(kSide * kSharedStride<kSide>);
        right = shared.take<Bits>(kSide * kSharedStride<kSide>);
    }
};

constexpr int productSharedBytes(int stages) {
    return stages * ProductStage::kBytes;
}

// Copies kSide rows of kSide numbers, zeros beyond `rows` and `columns` (a multiple of 8); find(row) is where one begins.
template<class Find>
__device__ __forceinline__ void copySquare(Bits* to, int rows, int columns, const Find& find) {
    PALIMPSEST_UNROLL_TWICE
    for (int step = 0; step < kSide * kSide / 8 / kThreads; ++step) {
        const int piece = step * kThreads + int(threadIdx.x), row = piece / (kSide / 8),
                  column = piece % (kSide / 8) * 8;
        const bool wanted = row < rows && column < columns;
        const Bits* from = find(wanted ? row : 0) + (wanted ? column : 0);
        copy16(to + row * kSharedStride<kSide> + column, from, wanted);
    }
}

// Up to 64 pairs of one expert, by number among all such tiles; `count` is 0 beyond the last.
struct PairTile {
    int expert = 0, begin = 0, count = 0; // in the order by expert

    __device__ __forceinline__ PairTile(const ExpertsCall& call, int index) {
        const std::int32_t* begins = beginsOf(call);
        for (int e = 0; e < call.experts; ++e) {
            const int size = begins[e + 1] - begins[e], tiles = (size + kPairTile - 1) / kPairTile;
            if (index < tiles) {
                const int left = size - index * kPairTile;
                expert = e;
                begin = begins[e] + index * kPairTile;
                count = left < kPairTile ? left : kPairTile;
                return;
            }
            index -= tiles;
        }
    }
};

// Row of x (or of another (N, D) matrix) that pair number `place` of the order belongs to.
__device__ __forceinline__ const Bits* gathered(const ExpertsCall& call, const void* matrix, int place) {
    return static_cast<const Bits*>(matrix) + std::int64_t(orderOf(call)[place] / call.perToken) * call.width;
}

// The lane's numbers of a finished square: store(row, column, low, high) for those within rows and columns.
template<class Store>
__device__ __forceinline__ void forPairsOfSquare(const float (&sum)[kSide / 8][4], int rows, int columns,
                                                 const Store& store) {
    PALIMPSEST_UNROLL
    for (int half = 0; half < 2; ++half) {
        const int row = warpOf() * kWarpRows + laneOf() / 4 + half * 8;
        if (row >= rows) continue;
        PALIMPSEST_UNROLL
        for (int block = 0; block < kSide / 8; ++block)
            if (block * 8 < columns)
                store(row, block * 8 + laneOf() % 4 * 2, sum[block][half * 2], sum[block][half * 2 + 1]);
    }
}

__device__ __forceinline__ float silu(float x) {
    return x / (1 + exp2Approximate(-x * 1.44269504088896341f));
}

__device__ __forceinline__ int upTo(int most, int left) {
    return left < most ? left : most;
}

// Gate and up of 32 inner columns of 64 pairs, side by side: hidden = x inward^T, active = silu(gate) * up.
struct HiddenProduct {
    using Call = ExpertsCall;
    static constexpr bool kLeftTransposed = false, kRightTransposed = false;
    static constexpr int kColumns = kSide / 2;
    const Call& call;
    const PairTile tile;
    const int column;

    __device__ explicit HiddenProduct(const Call& c)
        : call(c), tile(c, int(blockIdx.x)), column(int(blockIdx.y) * kColumns) {}
    __device__ bool any() const { return tile.count > 0; }
    __device__ int depth() const { return call.width; }

    __device__ void copyLeft(Bits* to, int from) const {
        copySquare(to, tile.count, call.width - from,
                   [&](int row) { return gathered(call, call.x, tile.begin + row) + from; });
    }
    __device__ void copyRight(Bits* to, int from) const {
        const auto* inward =
            static_cast<const Bits*>(call.inward) + std::int64_t(tile.expert) * 2 * call.inner * call.width;
        const int width = call.width, inner = call.inner, first = column;
        copySquare(to, kSide, width - from, [=](int row) {
            // Columns beyond the last repeat it; their results are not kept.
            const int within = upTo(inner - 1, first + row % kColumns);
            return inward + std::int64_t(row < kColumns ? within : inner + within) * width + from;
        });
    }
    template<class Numbers>
    __device__ void store(const float (&sum)[kSide / 8][4]) const {
        auto* hidden = static_cast<Bits*>(call.hidden);
        PALIMPSEST_UNROLL
        for (int i = 0; i < kColumns / 4; ++i) {
            const int half = i % 2, block = i / 2;
            const int row = warpOf() * kWarpRows + laneOf() / 4 + half * 8;
            const int at = column + block * 8 + laneOf() % 4 * 2;
            if (row >= tile.count || at >= call.inner) continue;
            const float* gate = sum[block] + half * 2;
            const float* up = sum[block + kColumns / 8] + half * 2;
            const std::int64_t place = tile.begin + row;
            auto* kept = reinterpret_cast<std::uint32_t*>(hidden + place * 2 * call.inner + at);
            kept[0] = Numbers::pack(gate[0], gate[1]);
            kept[call.inner / 2] = Numbers::pack(up[0], up[1]);
            *reinterpret_cast<std::uint32_t*>(activeOf(call) + place * call.inner + at) =
                Numbers::pack(silu(gate[0]) * up[0], silu(gate[1]) * up[1]);
        }
    }
};

// What a pair gives its row, weighted: active outward^T.
struct OutputProduct {
    using Call = ExpertsCall;
    static constexpr bool kLeftTransposed = false, kRightTransposed = false;
    const Call& call;
    const PairTile tile;
    const int column;

    __device__ explicit OutputProduct(const Call& c)
        : call(c), tile(c, int(blockIdx.x)), column(int(blockIdx.y) * kSide) {}
    __device__ bool any() const { return tile.count > 0; }
    __device__ int depth() const { return call.inner; }

    __device__ void copyLeft(Bits* to, int from) const {
        const Bits* active = activeOf(call) + std::int64_t(tile.begin) * call.inner + from;
        copySquare(to, tile.count, call.inner - from, [&](int row) { return active + std::int64_t(row) * call.inner; });
    }
    __device__ void copyRight(Bits* to, int from) const {
        const auto* outward =
            static_cast<const Bits*>(call.outward) + tile.expert * call.outwardExpert + column * call.outwardRow + from;
        copySquare(to, call.width - column, call.inner - from,
                   [&](int row) { return outward + row * call.outwardRow; });
    }
    template<class Numbers>
    __device__ void store(const float (&sum)[kSide / 8][4]) const {
        forPairsOfSquare(sum, tile.count, call.width - column, [&](int row, int at, float low, float high) {
            const std::int64_t place = tile.begin + row;
            const float weight = call.weights[orderOf(call)[place]];
            float* to = pairResults(call) + place * call.width + column + at;
            to[0] = low * weight;
            to[1] = high * weight;
        });
    }
};

// One square of a product. Shared memory: productSharedBytes.
template<class Numbers, class Product>
__global__ void __launch_bounds__(kThreads) expertProduct(typename Product::Call call) {
    const Product product(call);
    if (!product.any()) return; // the whole block
    SharedMemory shared;
    Stages<ProductStage> stages;
    stages.take(shared);
    float sum[kSide / 8][4];
    clear(sum);
    throughStages((product.depth() + kSide - 1) / kSide,
                  [&](int piece, int stage) {
                      product.copyLeft(stages(stage).left, piece * kSide);
                      product.copyRight(stages(stage).right, piece * kSide);
                  },
                  [&](int, int stage) {
                      const Bits* right = stages(stage).right;
                      std::uint32_t left[kSide / 16][4];
                      if constexpr (Product::kLeftTransposed)
                          loadLeftTransposed<kSide, kSide>(left, stages(stage).left + warpOf() * kWarpRows);
                      else
                          loadLeft<kSide>(left, stages(stage).left + warpOf() * kWarpRows * kSharedStride<kSide>);
                      if constexpr (Product::kRightTransposed) {
                          PALIMPSEST_UNROLL
                          for (int step = 0; step < kSide / 16; ++step)
                              multiplyByMatrix<Numbers, kSide>(sum, left[step],
                                                               right + step * 16 * kSharedStride<kSide>);
                      } else {
                          multiplyByRows<Numbers, kSide, kSide>(sum, left, right);
                      }
                  });
    product.template store<Numbers>(sum);
}

} // namespace palimpsest::cuda
