// Routed experts by a table of CUDA kernels (kernels/cuda/plugin.h). Internal to kernels/torch and its tests.
#pragma once

#include "kernels/torch/card.h"
#include "kernels/torch/experts.h"

namespace palimpsest {

// What a forward pass keeps for the backward one.
struct KeptExperts {
    torch::Tensor hidden;   // (N, k, 2W) in the type of x: gates and ups; on a card its pairs by expert
    torch::Tensor dispatch; // int32: which pair is where; empty on the CPU
};

struct ExpertsForwardResult {
    torch::Tensor sum; // (N, D)
    KeptExperts kept;
};

struct ExpertGradients {
    torch::Tensor x, shares, inward, outward; // as the tensors of RoutedExperts
};

// Both launch, and return without waiting. Nothing: the kernels do not take the call (D or W no multiple of 8, more than 64
// experts, bf16 before sm_80); then the definition is to run. Throws c10::Error when CUDA refuses.
std::optional<ExpertsForwardResult> expertsForwardOnCard(const Card& card, const RoutedExperts& experts);
std::optional<ExpertGradients> expertsBackwardOnCard(const Card& card, const RoutedExperts& experts,
                                                     const KeptExperts& kept, const torch::Tensor& sumGradient);

} // namespace palimpsest
