// Top-k routed experts in plain loops, sums in double: what kernels/torch/experts.h must equal. Slow.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace palimpsest {

struct ExpertsProblem {
    std::int64_t rows = 0, width = 0;    // N, D
    std::int64_t experts = 0, inner = 0; // E, W
    std::int64_t perToken = 1;           // experts of a row
    std::span<const float> x;            // (N, D)
    std::span<const float> router;       // (E, D)
    std::span<const float> inward;       // (E, 2W, D): gate rows, up rows
    std::span<const float> outward;      // (E, D, W)
};

std::vector<double> referenceExperts(const ExpertsProblem& problem); // (N, D)

} // namespace palimpsest
