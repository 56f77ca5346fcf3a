// The matrix product of every layer: x Wᵀ, whatever the types the weights are kept in. No autograd in this file.
#pragma once

#include "kernels/cpu/packed_weight_linear.h"

#include <torch/torch.h>

namespace palimpsest {

// x (…, K), weight (N, K) -> (…, N) in x's dtype, on x's device. Definition: at::linear(x, weight.to(x.dtype())).
// f32 activations with contiguous bf16 weights on the CPU take kernels/cpu/bf16_weight_linear.h.
torch::Tensor weightProduct(const torch::Tensor& x, const torch::Tensor& weight);

// A matrix made ready for products once, when it is loaded: packed on the CPU for the kernels of
// kernels/cpu/packed_weight_linear.h, as it is anywhere else or where PALIMPSEST_KERNELS=reference.
struct PreparedWeight {
    WeightType type = WeightType::Bf16;
    std::int64_t columns = 0, k = 0; // N, K
    torch::Tensor packed;            // bytes; undefined: the definition runs on `original`
    torch::Tensor original;          // (N, K); undefined when packed
};

// weight (N, K) floating. Keeps a reference to `weight` only when nothing is packed. Blocks while it packs, on one thread
// (about 2 ms per million weights).
PreparedWeight prepareWeight(const torch::Tensor& weight, WeightType type);

// The same of rows that are int8 already, weight (N, K) int8, scales (N) f32, both on the CPU: the bits that prepareWeight()
// makes of the matrix they were quantised from (kernels/cpu/int8_weight_linear.h).
PreparedWeight prepareInt8Weight(const torch::Tensor& weight, const torch::Tensor& scales);

// The first `columns` (1 … N) of them. Nothing is copied.
PreparedWeight firstColumns(const PreparedWeight& weight, std::int64_t columns);

// x (…, K) f32 or bf16 -> (…, N) in x's dtype. Definition: weightProductDefinition(), which takes any floating dtype.
// Throws c10::Error for an x of another width, or another dtype where the weight is packed.
torch::Tensor weightProduct(const torch::Tensor& x, const PreparedWeight& weight);

// The product as ATen operations in x's dtype; with Int8 both factors are rounded as the kernels round them
// (kernels/cpu/int8_weight_linear.h) and multiplied in f32.
torch::Tensor weightProductDefinition(const torch::Tensor& x, const torch::Tensor& weight, WeightType type);

} // namespace palimpsest
