// Top-k routed experts, dropless: each row's output is the sum of its chosen experts' outputs, weighted by the router's
// softmax (not renormalised over the chosen). Shape letters: models/shapes.h.
#pragma once

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

// The two ways, for the test that compares them.
void addAllExperts(torch::Tensor& sum, const torch::Tensor& x, const ExpertWeights& weights);
void addSortedExperts(torch::Tensor& sum, const torch::Tensor& x, const ExpertWeights& weights);

} // namespace palimpsest
