// Routed experts with given routes, forward and backward, in plain loops and doubles: what kernels/cpu/experts.h must
// equal. Slow. The contract and the letters are there.
#pragma once

#include <cstdint>
#include <vector>

namespace palimpsest {

struct ExpertsPairsProblem {
    std::int64_t rows = 0, width = 0;    // N, D
    std::int64_t experts = 0, inner = 0; // E, W
    std::int64_t perToken = 1;           // k
    std::vector<std::int64_t> chosen;    // (N, k)
    std::vector<double> shares;          // (N, k)
    std::vector<double> x;               // (N, D)
    std::vector<double> inward;          // (E * 2W, D)
    std::vector<double> outward;         // (D, E * W)
};

struct ExpertsPairsGradients {
    std::vector<double> x, shares, inward, outward; // shaped as in the problem
};

std::vector<double> referenceExpertsForward(const ExpertsPairsProblem& problem); // (N, D)
ExpertsPairsGradients referenceExpertsBackward(const ExpertsPairsProblem& problem,
                                               const std::vector<double>& outputGradient); // (N, D)

} // namespace palimpsest
