// Sparse attention in plain loops, sums in double: what kernels/sparse_attention.h must equal, forward and backward. The
// rule of sight is written out per query and key, unlike the kernels, which find intervals. Slow.
#pragma once

#include "kernels/sparse_attention.h"

#include <vector>

namespace palimpsest {

// Whether a query of the run at `query` sees a row at `key`.
bool seesRow(const AttentionInput<float>& input, const AttentionRun& run, std::int64_t query, std::int64_t key);

struct ReferenceAttention {
    std::vector<double> out;       // (N, H, K)
    std::vector<double> logSumExp; // (N, H)
};
ReferenceAttention referenceAttention(const AttentionInput<float>& input);

struct ReferenceGradients {
    std::vector<double> queries;            // (N, H, K)
    std::vector<double> keys, values;       // (L, G, K)
    std::vector<double> ownKeys, ownValues; // (N, G, K), zero for runs without own rows
};
// outputGradient (N, H, K).
ReferenceGradients referenceAttentionGradients(const AttentionInput<float>& input,
                                               std::span<const float> outputGradient);

} // namespace palimpsest
