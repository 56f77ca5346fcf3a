// One call of palimpsest::sparse_attention: what its kernels are given. Internal to kernels/torch and its tests.
#pragma once

#include "kernels/torch/sparse_attention.h"

#include <tuple>
#include <vector>

namespace palimpsest {

// Tensors whose rows are dense, checked to fit together, and kept alive for the call.
struct AttentionTensors {
    torch::Tensor queries;            // (N, H, K)
    torch::Tensor keys, values;       // (L, G, K), of one row stride
    torch::Tensor positions;          // (L) int64 contiguous, on the CPU
    torch::Tensor ownKeys, ownValues; // (N, G, K), of one row stride; or undefined
    std::vector<AttentionRun> runs;
    SparsePattern pattern;
    int layer = 0;

    // Throws c10::Error for shapes and types that do not fit together.
    AttentionTensors(const torch::Tensor& queries, const AttentionRows& rows, std::vector<AttentionRun> runs,
                     const AttentionOwn& own);

    AttentionRows rows() const { return {keys, values, positions, pattern, layer}; }
    AttentionOwn own() const { return {ownKeys, ownValues}; }
    float scale() const; // of the scores

    torch::Tensor emptyOutput() const;    // (N, H, K) contiguous
    torch::Tensor emptyLogSumExp() const; // (N, H) f32
};

// What a backward pass starts from, as the forward pass left it.
struct AttentionSaved {
    torch::Tensor gradient;  // (N, H, K) contiguous, of the output
    torch::Tensor output;    // (N, H, K)
    torch::Tensor logSumExp; // (N, H)
};

// Of queries, keys, values, own keys and own values, as their tensors; those of rows undefined when not wanted.
using AttentionGradientTensors = std::tuple<torch::Tensor, torch::Tensor, torch::Tensor, torch::Tensor, torch::Tensor>;
AttentionGradientTensors zeroGradients(const AttentionTensors& call, bool rowsWanted);

} // namespace palimpsest
