// y = x Wᵀ with f32 activations and bf16 weights, summed in f32: half the memory and half the traffic of f32 weights
// on processors that have no bf16 arithmetic of their own. Drafting is bound by reading the weights, so it gains most.
//
// Weights stay as they lie on disk, row-major (N, K). Activations are packed once per call (packActivations), so that
// sixteen weights are widened by one shift and one mask. The order of the sums depends on K alone: results do not
// change with the number of rows, threads or the range.
//
// Thread-safe: no state. Chosen at run time: AVX2 + FMA where the processor has them, else portable.
#pragma once

#include <cstdint>

namespace palimpsest {

// Floats that packed activations take per row: K rounded up to a multiple of 16.
constexpr std::int64_t packedStride(std::int64_t k) {
    return (k + 15) / 16 * 16;
}

// x (M, K), rows `xStride` floats apart -> packed (M, packedStride(K)): in each run of 16 the even positions first,
// then the odd ones, zeros past K.
void packActivations(const float* x, std::int64_t xStride, std::int64_t rows, std::int64_t k, float* packed);

struct Bf16WeightLinear {
    const float* packed = nullptr;          // (rows, packedStride(k))
    const std::uint16_t* weights = nullptr; // (N, k) bf16, contiguous
    float* y = nullptr;                     // (rows, N), rows `yStride` floats apart
    std::int64_t yStride = 0;
    std::int64_t rows = 0;
    std::int64_t k = 0;
};

// Computes the outputs [firstColumn, lastColumn) of every row; ranges may be split over threads in any way.
void bf16WeightLinear(const Bf16WeightLinear& call, std::int64_t firstColumn, std::int64_t lastColumn);

// "avx2" or "portable": what bf16WeightLinear() runs on this machine.
const char* bf16WeightLinearKernel();

namespace detail { // one per instruction set; same contract
void bf16WeightLinearPortable(const Bf16WeightLinear& call, std::int64_t firstColumn, std::int64_t lastColumn);
void bf16WeightLinearAvx2(const Bf16WeightLinear& call, std::int64_t firstColumn, std::int64_t lastColumn);
} // namespace detail

} // namespace palimpsest
