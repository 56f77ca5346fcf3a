#include "engine/inference/sampling.h"

#include "kernels/cpu/row_operations.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>
#include <functional>
#include <limits>
#include <numeric>

namespace palimpsest {
namespace {

// Keeps the smallest set of likeliest tokens whose probabilities reach `topP`, and scales it to 1.
void keepNucleus(Probabilities& p, double topP) {
    // All tokens below this bound together hold less than 1 - topP, so none of them is needed.
    const double bound = (1 - topP) / double(p.size());
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < p.size(); ++i)
        if (p[i] >= bound && p[i] > 0) order.push_back(i);
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return p[a] > p[b]; });
    double kept = 0;
    std::size_t count = 0;
    while (count < order.size() && kept < topP) kept += p[order[count++]];
    Probabilities nucleus(p.size(), 0.0);
    for (std::size_t i = 0; i < count; ++i) nucleus[order[i]] = p[order[i]] / kept;
    p = std::move(nucleus);
}

} // namespace

Probabilities distribution(std::span<const float> logits, const SamplingRule& rule,
                           std::span<const std::uint8_t> allowed) {
    assert(allowed.size() == logits.size());
    std::vector<float> powers(logits.size());
    for (std::size_t i = 0; i < logits.size(); ++i) {
        const bool finite = (std::bit_cast<std::uint32_t>(logits[i]) & 0x7fffffff) < 0x7f800000;
        powers[i] = finite && allowed[i] ? logits[i] : -std::numeric_limits<float>::infinity();
    }
    Probabilities p(logits.size());
    // Below this a softmax is the argmax anyway.
    if (rule.temperature < 1e-6) {
        const auto best = std::ranges::max_element(powers);
        if (best == powers.end() || std::isinf(*best)) return {};
        p[std::size_t(best - powers.begin())] = 1;
        return p;
    }
    if (std::isinf(powersOfLargest({powers.data(), std::int64_t(powers.size()), float(1 / rule.temperature)})))
        return {};
    const double share = 1 / std::transform_reduce(powers.begin(), powers.end(), 0.0, std::plus<double>(),
                                                   [](float power) { return double(power); });
    std::ranges::transform(powers, p.begin(), [&](float power) { return power * share; });
    if (rule.topP < 1) keepNucleus(p, rule.topP);
    return p;
}

std::int64_t drawToken(std::span<const double> p, Random& random) {
    assert(!p.empty());
    const double target = random.uniform() * std::accumulate(p.begin(), p.end(), 0.0);
    double sum = 0;
    std::size_t last = 0; // the answer should rounding leave the sum short of the target
    for (std::size_t i = 0; i < p.size(); ++i) {
        if (p[i] <= 0) continue;
        last = i;
        sum += p[i];
        if (sum > target) break;
    }
    return std::int64_t(last);
}

std::int64_t likeliestToken(std::span<const double> p) {
    return std::max_element(p.begin(), p.end()) - p.begin();
}

PositionNoise::PositionNoise(std::uint64_t seed, std::size_t position)
    : m_seed(Random::mixed(seed + 0x9E3779B97F4A7C15ull * (std::uint64_t(position) + 1))) {}

double PositionNoise::uniform(std::size_t token) const {
    const std::uint64_t bits = Random::mixed(m_seed + 0x9E3779B97F4A7C15ull * (std::uint64_t(token) + 1));
    return double((bits >> 11) + 1) * 0x1.0p-53;
}

std::int64_t PositionNoise::winner(std::span<const double> p) const {
    return first(p, 1).front().token;
}

std::vector<PositionNoise::Arrival> PositionNoise::first(std::span<const double> p, std::size_t count) const {
    std::vector<Arrival> best; // by time, ascending
    double limit = std::numeric_limits<double>::infinity();
    for (std::size_t token = 0; token < p.size(); ++token) {
        if (p[token] <= 0) continue;
        const double u = uniform(token);
        if (1 - u > limit * p[token]) continue; // -log u is more than that
        const double time = -std::log(u) / p[token];
        if (best.size() == count && time >= limit) continue;
        if (best.size() == count) best.pop_back();
        best.insert(std::ranges::upper_bound(best, time, {}, &Arrival::time), {std::int64_t(token), time, p[token]});
        if (best.size() == count) limit = best.back().time;
    }
    return best;
}

} // namespace palimpsest
