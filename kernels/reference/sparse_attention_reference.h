// Sparse attention in plain loops, sums in double: what kernels/torch/sparse_attention.h must equal. Slow.
#pragma once

#include "kernels/sparse_pattern.h"

#include <cstdint>
#include <span>
#include <vector>

namespace palimpsest {

struct AttentionProblem {
    SparsePattern pattern;
    int layer = 0;
    bool causal = true;
    std::int64_t firstQuery = 0;             // queries at consecutive positions
    std::int64_t queryCount = 0;             // S
    std::int64_t heads = 1, keyHeads = 1;    // H, G
    std::int64_t headSize = 1;               // K
    std::span<const float> queries;          // (S, H, K)
    std::span<const float> rows;             // (L, 2, G, K)
    std::span<const std::int64_t> positions; // (L)
    std::span<const float> own;              // (S, 2, G, K), seen by all queries; empty when causal
};

std::vector<double> referenceAttention(const AttentionProblem& problem); // (S, H, K)

} // namespace palimpsest
