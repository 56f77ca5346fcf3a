// From logits to tokens. Torch-free.
#pragma once

#include "engine/inference/random.h"

#include <cstdint>
#include <span>
#include <vector>

namespace palimpsest {

struct SamplingRule {
    double temperature = 0.8; // 0 … 2; 0 = the likeliest token always
    double topP = 1.0;        // (0, 1]: the smallest set of likeliest tokens whose probabilities reach it
};

// One entry for each token of the vocabulary: may it be drawn?
using TokenMask = std::vector<std::uint8_t>;

// Probabilities of one position, over the whole vocabulary, summing to 1 (in double; each exact to f32). Empty
// when no allowed token has a finite logit: the model computed no numbers.
using Probabilities = std::vector<double>;

// `allowed`: of the tokens `logits` are of. Temperature first, then top-p.
Probabilities distribution(std::span<const float> logits, const SamplingRule& rule,
                           std::span<const std::uint8_t> allowed);

// Inverse draw: the first token at which the running sum exceeds `uniform` in [0, 1). `p` not empty.
std::int64_t drawToken(std::span<const double> p, Random& random);

std::int64_t likeliestToken(std::span<const double> p);

// The noise of one position of a draft: a waiting time of each token, exponentially distributed with mean 1. Who draws
// from p by taking the token whose time / p is least draws a sample of p; and two that draw from alike distributions
// with the same noise mostly draw the same (the exponential race, or Gumbel trick; for drafts: Daliri, Musco, Suresh,
// arXiv 2408.07978). So a proposal can be right more often than its likeliest token is, and the text depends on neither
// who proposed nor how.
class PositionNoise {
public:
    PositionNoise(std::uint64_t seed, std::size_t position);

    // The sample of p. `p` not empty.
    std::int64_t winner(std::span<const double> p) const;
    struct Arrival {
        std::int64_t token = 0;
        double time = 0;        // above 0
        double probability = 0; // in p
    };
    // The `count` first of the race, the winner first; fewer where fewer have any probability.
    std::vector<Arrival> first(std::span<const double> p, std::size_t count) const;

private:
    double uniform(std::size_t token) const; // (0, 1]
    std::uint64_t m_seed;
};

} // namespace palimpsest
