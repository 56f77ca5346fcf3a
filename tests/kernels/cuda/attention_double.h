// Sparse attention and its gradients in plain loops, sums in double, straight from kernels/sparse_attention.h; beside every
// number how far a kernel may be off that rounds weights, differences of scores and results to 16 bits and sums in f32.
#pragma once

#include "kernels/cuda/attention_plan.h"
#include "tests/kernels/cuda/subject.h"

namespace palimpsest::cuda {

struct AttentionProblem16 {
    Format format = Format::Bf16;
    AttentionShape shape;
    std::int64_t headSize = 64;
    std::vector<std::int64_t> positions, globals;
    std::vector<AttentionRun> runs;
    std::vector<float> queries, outputGradient; // (N, H, K)
    std::vector<float> keys, values;            // (L, G, K)
    std::vector<float> ownKeys, ownValues;      // (N, G, K)

    std::int64_t queryCount() const;
    float scale() const;
};

// Draws the numbers for the shape, positions and runs given.
void fillWithNumbers(AttentionProblem16& problem, unsigned seed);

struct AttentionDouble {
    Bounded output, logSumExp;
    Bounded queries, keys, values, ownKeys, ownValues; // gradients
};
AttentionDouble attentionInDouble(const AttentionProblem16& problem);

} // namespace palimpsest::cuda
