// Top-k routed SwiGLU experts, dropless, on packed weights: for every row n and chosen expert e,
//   sum[n] += share[n, e] * Wout_e (silu(Wgate_e x[n]) * (Wup_e x[n])).
// (Shazeer et al., arXiv 1701.06538; dropless as in MegaBlocks, arXiv 2211.15841: nothing is padded, no row is left out.)
//
// Pairs (row, choice) are counted and sorted by expert, rows ascending within one. Products read the rows where they lie
// (no gathered copy), and a row's outputs are added up in the order of the experts in f32, then added to `sum` once. So
// results depend neither on the other rows nor on threads; those of packed_weight_linear.h say what is summed per type.
//
// N rows, D width, E experts, W width of an expert, k experts of a row. Blocks; thread-safe: no state.
#pragma once

#include "kernels/cpu/packed_weight_linear.h"
#include "kernels/parallel_for.h"

#include <cstdint>
#include <vector>

namespace palimpsest {

struct ExpertsShape {
    std::int64_t width = 0;    // D
    std::int64_t experts = 1;  // E
    std::int64_t inner = 0;    // W
    std::int64_t perToken = 1; // k, 1 … E
};

// Which experts a row goes to. Not owned.
struct ExpertRoutes {
    const std::int64_t* chosen = nullptr; // (N, k), each 0 … E - 1, no expert twice in a row
    const float* shares = nullptr;        // (N, k)
};

// shares = the softmax of router x over all experts, of the k largest; of equal ones the first expert is taken.
// router (E, D) f32; x (N, D), rows `xStride` elements apart. T is float or Bf16.
template<class T>
void routeExperts(const ExpertsShape& shape, const T* x, std::int64_t xStride, std::int64_t rows, const float* router,
                  std::int64_t* chosen, float* shares);

// Packed matrices of each expert: `inward` E of (2W, D), gate rows then up rows, one expert after the other; `outward`
// E of (D, W), with the same panel of all experts side by side, as it is read.
struct PackedExperts {
    WeightType type = WeightType::F32;
    const std::byte* inward = nullptr;
    const std::byte* outward = nullptr;
};
std::size_t packedInwardBytes(WeightType type, const ExpertsShape& shape); // of all experts
std::size_t packedOutwardBytes(WeightType type, const ExpertsShape& shape);

// inward (E * 2W, D) and outward (D, E * W), both contiguous, as kernels/torch/experts.h has them. T is float or Bf16.
template<class T>
void packExperts(WeightType type, const ExpertsShape& shape, const T* inward, const T* outward, std::byte* packedInward,
                 std::byte* packedOutward);

// T is float or Bf16.
template<class T>
struct ExpertsForward {
    ExpertsShape shape;
    PackedExperts weights;
    ExpertRoutes routes;
    const T* x = nullptr; // (N, D), rows `xStride` elements apart
    std::int64_t xStride = 0;
    std::int64_t rows = 0; // N
    T* sum = nullptr;      // (N, D), rows `sumStride` elements apart: added to
    std::int64_t sumStride = 0;
    float* hidden = nullptr; // (N, k, 2W), overwritten: what expertsBackward() wants; null: not wanted
};
template<class T>
void expertsForward(const ExpertsForward<T>& call, const ParallelFor& parallel);

// Of a forward call in f32 that kept `hidden`. All contiguous; gradients are overwritten.
struct ExpertsBackward {
    ExpertsShape shape;
    ExpertRoutes routes;
    const float* inward = nullptr;  // (E * 2W, D)
    const float* outward = nullptr; // (D, E * W)
    const float* x = nullptr;       // (N, D)
    std::int64_t rows = 0;          // N
    const float* hidden = nullptr;  // (N, k, 2W)
    const float* sumGradient = nullptr;
    float* xGradient = nullptr;       // (N, D)
    float* sharesGradient = nullptr;  // (N, k)
    float* inwardGradient = nullptr;  // (E * 2W, D)
    float* outwardGradient = nullptr; // (D, E * W)
};
void expertsBackward(const ExpertsBackward& call, const ParallelFor& parallel);

} // namespace palimpsest
