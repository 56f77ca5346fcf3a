// The loss of noised targets under the head with evidence (models/evidence.h), and its gradient, a few hundred rows at a
// time: the (N, V) logits never exist at once. Internal to models/.
//
// Per target with weights d and c:  d KL(p_base, p) + c (-log p(token)),  p_base and p both carrying the evidence. p_base is held still: no gradient goes through it.
#pragma once

#include "models/evidence.h"

#include <torch/torch.h>

namespace palimpsest {

struct HeadLossInput {
    torch::Tensor hidden;  // (N, D), compute type: normed
    torch::Tensor pull;    // (N, D) f32: kappa (u - m), 0 where there is no evidence
    torch::Tensor shrink;  // (N) f32: kappa sqrt(abar)
    torch::Tensor targets; // (N) int64
    torch::Tensor teacher; // (N, D), compute type: the base's normed hidden states; undefined: no distillation
    torch::Tensor crossEntropyWeight; // (N) f32: c
    torch::Tensor distillationWeight; // (N) f32: d; read with a teacher
};

struct HeadLoss {
    torch::Tensor crossEntropy;   // (N) f32, unweighted
    torch::Tensor divergence;     // (N) f32, unweighted; 0 without a teacher
    torch::Tensor hiddenGradient; // (N, D) in the compute type; undefined unless asked for
    torch::Tensor pullGradient;   // (N, D) in pull's type; likewise
};

// Cheapest when the rows with evidence stand together. head, embedding (V, D) in the compute type, one tensor when tied; no autograd. halfNorms: Evidence::halfNorms().
HeadLoss headLoss(const HeadLossInput& input, const torch::Tensor& head, const torch::Tensor& embedding,
                  const torch::Tensor& halfNorms, bool wantGradient);

} // namespace palimpsest
