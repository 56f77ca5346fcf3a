// What a layer does to every row between its products (kernels/cpu/row_operations.h), on tensors. f32 on the CPU takes the
// kernels; everything else, and PALIMPSEST_KERNELS=reference, the ATen operations that define them. No autograd.
// Shape letters: models/shapes.h.
#pragma once

#include <torch/torch.h>

namespace palimpsest {

// x (N, D) gains `added` (N, D; undefined: nothing) in place; -> its RMS norm times weight (D), (N, D).
torch::Tensor addAndNormalise(torch::Tensor& x, const torch::Tensor& added, const torch::Tensor& weight,
                              double epsilon);

// (N, 2F), gates then ups -> silu(gate) * up (N, F).
torch::Tensor gated(const torch::Tensor& gateUp);

// x (N, heads, K) is turned in place, its pairs (2i, 2i + 1) by turns (N, K / 2, 2) f32: cosine and sine.
void rotateHeads(torch::Tensor x, const torch::Tensor& turns);

} // namespace palimpsest
