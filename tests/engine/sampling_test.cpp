#include "engine/inference/sampling.h"
#include "tests/support/cases.h"

#include <cmath>
#include <limits>
#include <numeric>

namespace palimpsest::test {
namespace {

constexpr int kDraws = 200'000;

// Pearson's statistic of counts against probabilities; and the value it exceeds once in about 10,000 (normal
// approximation of its distribution, generous for few degrees of freedom).
double chiSquare(const std::vector<int>& counts, const Probabilities& p) {
    const double total = std::accumulate(counts.begin(), counts.end(), 0.0);
    double sum = 0;
    for (std::size_t i = 0; i < p.size(); ++i) {
        if (p[i] <= 0) {
            if (counts[i] > 0) return std::numeric_limits<double>::infinity();
            continue;
        }
        sum += (counts[i] - total * p[i]) * (counts[i] - total * p[i]) / (total * p[i]);
    }
    return sum;
}

double rarely(std::size_t classes) {
    const double degrees = double(classes) - 1;
    return degrees + 5 * std::sqrt(2 * degrees) + 10;
}

Probabilities verified(const Probabilities& p, const Probabilities& q, std::vector<int>& counts, int& accepted) {
    Random random(7);
    counts.assign(p.size(), 0);
    accepted = 0;
    for (int i = 0; i < kDraws; ++i) {
        const Verdict verdict = verifyToken(p, q, drawToken(q, random), random);
        ++counts[std::size_t(verdict.token)];
        accepted += verdict.accepted;
    }
    return p;
}

CASE(verifiedTokensAreDistributedAsTheBaseWhateverWasProposed) {
    const Probabilities p{0.5, 0.2, 0.15, 0.1, 0.05};
    for (const Probabilities& q : {Probabilities{0.2, 0.2, 0.2, 0.2, 0.2}, Probabilities{0.01, 0.01, 0.01, 0.01, 0.96},
                                   Probabilities{0, 0, 0.5, 0.5, 0}, p}) {
        std::vector<int> counts;
        int accepted = 0;
        verified(p, q, counts, accepted);
        CHECK(chiSquare(counts, p) < rarely(p.size())) << chiSquare(counts, p);
        double overlap = 0; // the share that is accepted, by theory
        for (std::size_t i = 0; i < p.size(); ++i) overlap += std::min(p[i], q[i]);
        CHECK(std::abs(double(accepted) / kDraws - overlap) < 0.005) << accepted << overlap;
    }
}

CASE(theCountingSeesADistributionThatIsSlightlyOff) {
    const Probabilities p{0.5, 0.2, 0.15, 0.1, 0.05}, other{0.49, 0.21, 0.15, 0.1, 0.05};
    std::vector<int> counts;
    int accepted = 0;
    verified(other, other, counts, accepted);
    CHECK(chiSquare(counts, p) > rarely(p.size()));
}

CASE(verifiedTokensKeepToTheNucleus) {
    const std::vector<float> logits{2.0f, 1.5f, 1.0f, 0.5f, 0.0f, -3.0f};
    const std::vector<float> proposed{0.0f, 0.0f, 1.0f, 0.0f, 2.0f, 0.0f};
    const TokenMask all(6, 1);
    const Probabilities p = distribution(logits, {0.7, 0.8}, all), q = distribution(proposed, {0.7, 0.95}, all);
    std::vector<int> counts;
    int accepted = 0;
    verified(p, q, counts, accepted);
    CHECK(chiSquare(counts, p) < rarely(p.size()));
    CHECK(counts[5] == 0 && p[5] == 0);
}

CASE(topPKeepsTheSmallestSetThatReachesIt) {
    const std::vector<float> logits{std::log(0.4f), std::log(0.3f), std::log(0.2f), std::log(0.1f)};
    const TokenMask all(4, 1);
    const Probabilities half = distribution(logits, {1, 0.5}, all);
    CHECK(std::abs(half[0] - 4.0 / 7) < 1e-6 && std::abs(half[1] - 3.0 / 7) < 1e-6 && half[2] == 0 && half[3] == 0);
    const Probabilities tiny = distribution(logits, {1, 1e-9}, all);
    CHECK(tiny[0] == 1);
    const Probabilities whole = distribution(logits, {1, 1}, all);
    CHECK(std::abs(whole[3] - 0.1) < 1e-6);
}

CASE(temperatureZeroIsTheLikeliestTokenAndKeepsToTheMask) {
    const std::vector<float> logits{1.0f, 5.0f, 3.0f};
    CHECK(likeliestToken(distribution(logits, {0, 1}, {1, 1, 1})) == 1);
    CHECK(likeliestToken(distribution(logits, {0, 1}, {1, 0, 1})) == 2);
    const Probabilities p = distribution(logits, {0, 1}, {1, 1, 1}), q = distribution(logits, {0, 1}, {1, 0, 1});
    Random random(1);
    const Verdict verdict = verifyToken(p, q, 2, random);
    CHECK(!verdict.accepted && verdict.token == 1);
}

CASE(bannedTokensAndMissingNumbersAreNeverDrawn) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const Probabilities p = distribution(std::vector<float>{1, nan, 9, 2}, {1, 1}, {1, 1, 0, 1});
    CHECK(p[1] == 0 && p[2] == 0 && std::abs(p[0] + p[3] - 1) < 1e-12);
    CHECK(distribution(std::vector<float>{nan, nan}, {1, 1}, {1, 1}).empty());
    CHECK(distribution(std::vector<float>{1, 2}, {1, 1}, {0, 0}).empty());
}

CASE(seedsRepeatAndDiffer) {
    Random a(3), b(3), c(4);
    bool same = true;
    int equal = 0;
    for (int i = 0; i < 1000; ++i) {
        const double x = a.uniform();
        same = same && x == b.uniform() && x >= 0 && x < 1;
        equal += x == c.uniform();
    }
    CHECK(same && equal == 0);
    CHECK(Random(0).uniform() == 0.88331080821364261) << "another machine would draw other words";
    CHECK(Random::derivedSeed(5, 0) == 5 && Random::derivedSeed(5, 1) != Random::derivedSeed(5, 2));
}

} // namespace
} // namespace palimpsest::test
