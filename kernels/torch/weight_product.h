// The matrix product of every layer: x Wᵀ, whatever the types the weights are kept in.
#pragma once

#include <torch/torch.h>

namespace palimpsest {

// x (…, K), weight (N, K) -> (…, N) in x's dtype, on x's device. Definition: at::linear(x, weight.to(x.dtype())).
// f32 activations with contiguous bf16 weights on the CPU take kernels/cpu/bf16_weight_linear.h. No autograd.
torch::Tensor weightProduct(const torch::Tensor& x, const torch::Tensor& weight);

} // namespace palimpsest
