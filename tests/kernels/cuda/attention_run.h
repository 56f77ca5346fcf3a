// Brings an attention problem to the subject, runs the kernels and brings the results back.
#pragma once

#include "tests/kernels/cuda/attention_double.h"

namespace palimpsest::cuda {

struct AttentionResult {
    Status status = Status::Ok;
    std::vector<float> output, logSumExp;
    std::vector<float> queries, keys, values, ownKeys, ownValues; // gradients
};

struct RunOptions {
    bool backward = true;
    bool rowGradients = true, ownGradients = true; // wanted
    std::int64_t gap = 8; // numbers between two rows of the inputs, never to be read: NaN; a multiple of 8
};
AttentionResult runAttention(const AttentionProblem16& problem, const RunOptions& options);

} // namespace palimpsest::cuda
