// Routed experts and their gradients in plain loops, sums in double, for given choices and weights; beside every number how
// far a kernel may be off that keeps gate, up, active units and their gradients in 16 bits and sums in f32.
#pragma once

#include "tests/kernels/cuda/subject.h"

namespace palimpsest::cuda {

struct ExpertsProblem16 {
    Format format = Format::Bf16;
    std::size_t rows = 1, width = 8, experts = 1, inner = 8, perToken = 1; // N, D, E, W, k
    std::vector<float> x, output, outputGradient;                          // (N, D); output: what is added to
    std::vector<std::int32_t> chosen;                                      // (N, k)
    std::vector<float> weights;                                            // (N, k)
    std::vector<float> inward;                                             // (E, 2W, D)
    std::vector<float> outward;                                            // (E, D, W)
};

struct ExpertsDouble {
    Bounded output;
    Bounded x, weights, inward, outward; // gradients
};
ExpertsDouble expertsInDouble(const ExpertsProblem16& problem);

} // namespace palimpsest::cuda
