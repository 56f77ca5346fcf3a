// Gradients of the experts: of the active units, through SwiGLU, of the input, and of both weight matrices, the last two
// summed over an expert's pairs by one block each, so that nothing needs atomics.
#pragma once

#include "kernels/cuda/experts.cuh"

namespace palimpsest::cuda {

// Gradient of the active units before the weight of the pair: gathered output gradient times outward.
struct ActiveGradientProduct {
    using Call = ExpertsGradientCall;
    static constexpr bool kLeftTransposed = false, kRightTransposed = true;
    const Call& gradients;
    const ExpertsCall& call;
    const PairTile tile;
    const int column;

    __device__ explicit ActiveGradientProduct(const Call& g)
        : gradients(g), call(g.forward), tile(g.forward, int(blockIdx.x)), column(int(blockIdx.y) * kSide) {}
    __device__ bool any() const { return tile.count > 0; }
    __device__ int depth() const { return call.width; }

    __device__ void copyLeft(Bits* to, int from) const {
        copySquare(to, tile.count, call.width - from,
                   [&](int row) { return gathered(call, gradients.outputGradient, tile.begin + row) + from; });
    }
    __device__ void copyRight(Bits* to, int from) const {
        const auto* outward =
            static_cast<const Bits*>(call.outward) + tile.expert * call.outwardExpert + from * call.outwardRow + column;
        copySquare(to, call.width - from, call.inner - column,
                   [&](int row) { return outward + row * call.outwardRow; });
    }
    template<class Numbers>
    __device__ void store(const float (&sum)[kSide / 8][4]) const {
        forPairsOfSquare(sum, tile.count, call.inner - column, [&](int row, int at, float low, float high) {
            float* to = activeGradients(call) + std::int64_t(tile.begin + row) * call.inner + column + at;
            to[0] = low;
            to[1] = high;
        });
    }
};

// What a pair adds to the gradient of its row: gradients of gate and up times inward.
struct InputGradientProduct {
    using Call = ExpertsGradientCall;
    static constexpr bool kLeftTransposed = false, kRightTransposed = true;
    const ExpertsCall& call;
    const PairTile tile;
    const int column;

    __device__ explicit InputGradientProduct(const Call& g)
        : call(g.forward), tile(g.forward, int(blockIdx.x)), column(int(blockIdx.y) * kSide) {}
    __device__ bool any() const { return tile.count > 0; }
    __device__ int depth() const { return 2 * call.inner; }

    __device__ void copyLeft(Bits* to, int from) const {
        const Bits* hidden = hiddenGradients(call) + std::int64_t(tile.begin) * depth() + from;
        copySquare(to, tile.count, depth() - from, [&](int row) { return hidden + std::int64_t(row) * depth(); });
    }
    __device__ void copyRight(Bits* to, int from) const {
        const auto* inward =
            static_cast<const Bits*>(call.inward) + (std::int64_t(tile.expert) * depth() + from) * call.width + column;
        copySquare(to, depth() - from, call.width - column,
                   [&](int row) { return inward + std::int64_t(row) * call.width; });
    }
    template<class Numbers>
    __device__ void store(const float (&sum)[kSide / 8][4]) const {
        forPairsOfSquare(sum, tile.count, call.width - column, [&](int row, int at, float low, float high) {
            float* to = pairResults(call) + std::int64_t(tile.begin + row) * call.width + column + at;
            to[0] = low;
            to[1] = high;
        });
    }
};

// Of the inward matrix, (2W, D) per expert: gradients of gate and up, transposed, times gathered x.
struct InwardGradientProduct {
    using Call = ExpertsGradientCall;
    static constexpr bool kLeftTransposed = true, kRightTransposed = true;
    const Call& gradients;
    const ExpertsCall& call;
    const int expert, begin, pairs, row, column;

    __device__ explicit InwardGradientProduct(const Call& g)
        : gradients(g),
          call(g.forward),
          expert(int(blockIdx.z)),
          begin(beginsOf(call)[expert]),
          pairs(beginsOf(call)[expert + 1] - begin),
          row(int(blockIdx.x) * kSide),
          column(int(blockIdx.y) * kSide) {}
    __device__ bool any() const { return true; } // an expert that nobody chose gets zeros
    __device__ int depth() const { return pairs; }

    __device__ void copyLeft(Bits* to, int from) const {
        const int width = 2 * call.inner;
        const Bits* hidden = hiddenGradients(call) + std::int64_t(begin + from) * width + row;
        copySquare(to, pairs - from, width - row, [&](int pair) { return hidden + std::int64_t(pair) * width; });
    }
    __device__ void copyRight(Bits* to, int from) const {
        copySquare(to, pairs - from, call.width - column,
                   [&](int pair) { return gathered(call, call.x, begin + from + pair) + column; });
    }
    template<class Numbers>
    __device__ void store(const float (&sum)[kSide / 8][4]) const {
        auto* to =
            static_cast<Bits*>(gradients.inward) + (std::int64_t(expert) * 2 * call.inner + row) * call.width + column;
        forPairsOfSquare(sum, 2 * call.inner - row, call.width - column, [&](int at, int along, float low, float high) {
            *reinterpret_cast<std::uint32_t*>(to + std::int64_t(at) * call.width + along) = Numbers::pack(low, high);
        });
    }
};

// Of the outward matrix, (D, W) per expert: gathered output gradient, transposed, times the weighted active units.
struct OutwardGradientProduct {
    using Call = ExpertsGradientCall;
    static constexpr bool kLeftTransposed = true, kRightTransposed = true;
    const Call& gradients;
    const ExpertsCall& call;
    const int expert, begin, pairs, row, column;

    __device__ explicit OutwardGradientProduct(const Call& g)
        : gradients(g),
          call(g.forward),
          expert(int(blockIdx.z)),
          begin(beginsOf(call)[expert]),
          pairs(beginsOf(call)[expert + 1] - begin),
          row(int(blockIdx.x) * kSide),
          column(int(blockIdx.y) * kSide) {}
    __device__ bool any() const { return true; }
    __device__ int depth() const { return pairs; }

    __device__ void copyLeft(Bits* to, int from) const {
        copySquare(to, pairs - from, call.width - row,
                   [&](int pair) { return gathered(call, gradients.outputGradient, begin + from + pair) + row; });
    }
    __device__ void copyRight(Bits* to, int from) const {
        const Bits* active = activeOf(call) + std::int64_t(begin + from) * call.inner + column;
        copySquare(to, pairs - from, call.inner - column,
                   [&](int pair) { return active + std::int64_t(pair) * call.inner; });
    }
    template<class Numbers>
    __device__ void store(const float (&sum)[kSide / 8][4]) const {
        auto* to = static_cast<Bits*>(gradients.outward) + expert * call.outwardExpert + row * call.outwardRow + column;
        forPairsOfSquare(sum, call.width - row, call.inner - column, [&](int at, int along, float low, float high) {
            *reinterpret_cast<std::uint32_t*>(to + at * call.outwardRow + along) = Numbers::pack(low, high);
        });
    }
};

// Through SwiGLU: gradients of gate and up, the weighted active units, and the gradient of the pair's weight.
// Grid: (ceil(P / 4)); a warp per pair.
template<class Numbers>
__global__ void __launch_bounds__(kThreads) hiddenGradient(ExpertsGradientCall gradients) {
    const ExpertsCall& call = gradients.forward;
    const std::int64_t place = std::int64_t(blockIdx.x) * (kThreads / 32) + warpOf();
    if (place >= pairsOf(call)) return;
    const std::int32_t pair = orderOf(call)[place];
    const float weight = call.weights[pair];
    const int inner = call.inner;
    const auto* gates = static_cast<const std::uint32_t*>(call.hidden) + place * inner;
    const float* above = activeGradients(call) + place * inner;
    auto* to = reinterpret_cast<std::uint32_t*>(hiddenGradients(call)) + place * inner;
    auto* active = reinterpret_cast<std::uint32_t*>(activeOf(call)) + place * inner / 2;
    float product = 0;
    for (int i = laneOf(); i < inner / 2; i += 32) {
        const std::uint32_t gatePair = gates[i], upPair = gates[inner / 2 + i];
        float gateGradient[2], upGradient[2], unit[2];
        PALIMPSEST_UNROLL
        for (int j = 0; j < 2; ++j) {
            const float gate = Numbers::number(gatePair >> (16 * j)), up = Numbers::number(upPair >> (16 * j));
            const float sigmoid = 1 / (1 + exp2Approximate(-gate * 1.44269504088896341f));
            const float weighted = above[2 * i + j] * weight;
            unit[j] = gate * sigmoid * up;
            product += unit[j] * above[2 * i + j];
            gateGradient[j] = weighted * up * sigmoid * (1 + gate * (1 - sigmoid));
            upGradient[j] = weighted * gate * sigmoid;
        }
        to[i] = Numbers::pack(gateGradient[0], gateGradient[1]);
        to[inner / 2 + i] = Numbers::pack(upGradient[0], upGradient[1]);
        active[i] = Numbers::pack(unit[0] * weight, unit[1] * weight);
    }
    for (int lanes = 16; lanes > 0; lanes /= 2) product += exchangeXor(product, lanes);
    if (laneOf() == 0) gradients.weights[pair] = product;
}

} // namespace palimpsest::cuda
