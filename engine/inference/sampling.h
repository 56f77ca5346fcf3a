// From logits to tokens, and the acceptance rule that makes a verified draft the base's own sample. Torch-free.
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

// Probabilities of one position, over the whole vocabulary, summing to 1; in double, so that small tails add up. Empty
// when no allowed token has a finite logit: the model computed no numbers.
using Probabilities = std::vector<double>;

// `allowed` has the size of `logits`. Temperature first, then top-p.
Probabilities distribution(std::span<const float> logits, const SamplingRule& rule, const TokenMask& allowed);

// Inverse draw: the first token at which the running sum exceeds `uniform` in [0, 1). `p` not empty.
std::int64_t drawToken(std::span<const double> p, Random& random);

std::int64_t likeliestToken(std::span<const double> p);

// Speculative sampling (Leviathan et al., arXiv 2211.17192): `proposed` was drawn from q; it is accepted with
// probability min(1, p/q), and else a token is drawn from (p - q)+. The token is then distributed as p, whatever q.
struct Verdict {
    bool accepted = false;
    std::int64_t token = 0;
};
Verdict verifyToken(std::span<const double> p, std::span<const double> q, std::int64_t proposed, Random& random);

} // namespace palimpsest
