#include "kernels/reference/experts_pairs_reference.h"

#include <cmath>

namespace palimpsest {
namespace {

using Doubles = std::vector<double>;

struct Pair {
    Doubles gate, up, active; // (W)
};

double& at(Doubles& values, std::int64_t i) {
    return values[std::size_t(i)];
}
double at(const Doubles& values, std::int64_t i) {
    return values[std::size_t(i)];
}

Pair activate(const ExpertsPairsProblem& p, std::int64_t row, std::int64_t expert) {
    Pair pair;
    for (std::int64_t w = 0; w < p.inner; ++w) {
        double gate = 0, up = 0;
        for (std::int64_t d = 0; d < p.width; ++d) {
            gate += at(p.inward, (expert * 2 * p.inner + w) * p.width + d) * at(p.x, row * p.width + d);
            up += at(p.inward, (expert * 2 * p.inner + p.inner + w) * p.width + d) * at(p.x, row * p.width + d);
        }
        pair.gate.push_back(gate);
        pair.up.push_back(up);
        pair.active.push_back(gate / (1 + std::exp(-gate)) * up);
    }
    return pair;
}

// One pair's part of the gradients; `g` is where the gradient of the row's output begins.
void addGradients(const ExpertsPairsProblem& p, std::int64_t row, std::int64_t choice, const double* g,
                  ExpertsPairsGradients& to) {
    const std::int64_t n = row * p.perToken + choice, expert = p.chosen[std::size_t(n)];
    const double share = at(p.shares, n);
    const Pair pair = activate(p, row, expert);
    for (std::int64_t w = 0; w < p.inner; ++w) {
        double back = 0; // Woutᵀ G
        for (std::int64_t d = 0; d < p.width; ++d) {
            const std::int64_t out = d * p.experts * p.inner + expert * p.inner + w;
            back += at(p.outward, out) * g[d];
            at(to.outward, out) += share * g[d] * at(pair.active, w);
        }
        at(to.shares, n) += back * at(pair.active, w);
        const double gate = at(pair.gate, w), s = 1 / (1 + std::exp(-gate));
        const double gateGradient = share * back * at(pair.up, w) * s * (1 + gate * (1 - s)),
                     upGradient = share * back * gate * s;
        for (std::int64_t d = 0; d < p.width; ++d) {
            const std::int64_t in = (expert * 2 * p.inner + w) * p.width + d, up = in + p.inner * p.width;
            at(to.x, row * p.width + d) += gateGradient * at(p.inward, in) + upGradient * at(p.inward, up);
            at(to.inward, in) += gateGradient * at(p.x, row * p.width + d);
            at(to.inward, up) += upGradient * at(p.x, row * p.width + d);
        }
    }
}

} // namespace

Doubles referenceExpertsForward(const ExpertsPairsProblem& p) {
    Doubles sum(std::size_t(p.rows * p.width));
    for (std::int64_t n = 0; n < p.rows * p.perToken; ++n) {
        const std::int64_t row = n / p.perToken, expert = p.chosen[std::size_t(n)];
        const Pair pair = activate(p, row, expert);
        for (std::int64_t d = 0; d < p.width; ++d)
            for (std::int64_t w = 0; w < p.inner; ++w)
                at(sum, row * p.width + d) += at(p.shares, n) * at(pair.active, w) *
                                              at(p.outward, d * p.experts * p.inner + expert * p.inner + w);
    }
    return sum;
}

ExpertsPairsGradients referenceExpertsBackward(const ExpertsPairsProblem& p, const Doubles& outputGradient) {
    ExpertsPairsGradients gradients{Doubles(p.x.size()), Doubles(p.shares.size()), Doubles(p.inward.size()),
                                    Doubles(p.outward.size())};
    for (std::int64_t row = 0; row < p.rows; ++row)
        for (std::int64_t choice = 0; choice < p.perToken; ++choice)
            addGradients(p, row, choice, outputGradient.data() + row * p.width, gradients);
    return gradients;
}

} // namespace palimpsest
