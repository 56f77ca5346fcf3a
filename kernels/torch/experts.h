// Top-k routed experts, dropless: each row's output is the sum of its chosen experts' outputs, weighted by the router's
// softmax (not renormalised over the chosen). Shape letters: models/shapes.h.
#pragma once

#include "kernels/cpu/packed_weight_linear.h"

#include <cstdint>
#include <torch/torch.h>

namespace palimpsest {

// The experts of one layer, laid out for both ways of running them.
struct ExpertWeights {
    torch::Tensor router;      // (E, D)
    torch::Tensor inward;      // (E * 2W, D): per expert W gate rows, then W up rows
    torch::Tensor outward;     // (D, E * W): the experts' output matrices side by side
    std::int64_t experts = 0;  // E
    std::int64_t perToken = 2; // experts chosen for a row, 1 … E

    std::int64_t width() const { return outward.size(1) / experts; } // W
};

// Up to this many rows all experts run as one product with the unchosen ones' gates at zero: more arithmetic, but few
// operations; beyond it the rows are sorted by expert and each expert sees only its own. Measured with 8 experts of
// width 64 on one core: 6.8 against 9.4 ms per 30 layers for 9 rows, 24 against 16 for 33; even at about 16.
constexpr std::int64_t kFewRows = 16;

// x (N, D) is the normed input; adds the experts' outputs to `sum` (N, D) in place. Router in f32.
void addExperts(torch::Tensor& sum, const torch::Tensor& x, const ExpertWeights& weights);

// The experts of one layer made ready once, when they are loaded: packed on the CPU for kernels/cpu/experts.h, as they are
// anywhere else or where PALIMPSEST_KERNELS=reference.
struct PreparedExperts {
    WeightType type = WeightType::Bf16;
    std::int64_t experts = 0, perToken = 0, inner = 0; // E, k, W
    torch::Tensor router;                              // (E, D) f32
    torch::Tensor inward, outward;                     // bytes; undefined: addExperts() runs on `original`
    ExpertWeights original;                            // undefined tensors when packed
};

// Blocks while it packs, on one thread.
PreparedExperts prepareExperts(const ExpertWeights& weights, WeightType type);

// As addExperts() on the weights before; few and many rows alike. x and sum f32 or bf16, of one dtype; the router and
// all that is between the two products in f32. No autograd.
void addExperts(torch::Tensor& sum, const torch::Tensor& x, const PreparedExperts& experts);

// One layer's experts with given routes, for training.
struct RoutedExperts {
    torch::Tensor x;          // (N, D)
    torch::Tensor chosen;     // (N, k) int64, each 0 … E - 1, no expert twice in a row
    torch::Tensor shares;     // (N, k)
    torch::Tensor inward;     // (E * 2W, D), as in ExpertWeights
    torch::Tensor outward;    // (D, E * W)
    std::int64_t experts = 0; // E
};

// The experts' weighted outputs (N, D), differentiable in x, shares, inward and outward: the operation
// palimpsest::routed_experts, with autograd and meta. f32 on the CPU takes kernels/cpu/experts.h, f16 and bf16 on a GPU the
// plug-in's kernels; both keep (N, k, 2W) numbers for the backward pass. All else, and PALIMPSEST_KERNELS=reference, the
// definition. The kernels' gradients are deterministic, and cannot be differentiated again.
torch::Tensor routedExperts(const RoutedExperts& experts);

// The same as ATen operations: one product per expert on gathered rows.
torch::Tensor routedExpertsDefinition(const RoutedExperts& experts);

// The two ways, for the test that compares them.
void addAllExperts(torch::Tensor& sum, const torch::Tensor& x, const ExpertWeights& weights);
void addSortedExperts(torch::Tensor& sum, const torch::Tensor& x, const ExpertWeights& weights);

} // namespace palimpsest
