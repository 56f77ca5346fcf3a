// The shapes the attention kernels are tried on: each was chosen for an edge the kernels have.
#pragma once

#include "tests/kernels/cuda/attention_double.h"

#include <string>

namespace palimpsest::cuda {

struct NamedProblem {
    std::string name;
    AttentionProblem16 problem;
};

// f16 throughout, and bf16 too when offered.
std::vector<NamedProblem> attentionProblems(bool bf16);

} // namespace palimpsest::cuda
