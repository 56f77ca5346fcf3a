#include "engine/inference/sampling.h"
#include "tests/support/cases.h"

#include <algorithm>
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

struct Race {
    std::vector<int> counts;
    int proposed = 0; // how often the winner under p was among the first under q
};

Race race(const Probabilities& p, const Probabilities& q, std::size_t proposals) {
    Race all{std::vector<int>(p.size()), 0};
    for (int i = 0; i < kDraws; ++i) {
        const PositionNoise noise(std::uint64_t(i / 100), std::size_t(i % 100));
        const std::int64_t drawn = noise.winner(p);
        ++all.counts[std::size_t(drawn)];
        all.proposed += std::ranges::count(noise.first(q, proposals), drawn, &PositionNoise::Arrival::token) > 0;
    }
    return all;
}

CASE(theWinnerIsASampleWhateverWasProposed) {
    const Probabilities p{0.5, 0.2, 0.15, 0.1, 0.05};
    for (const Probabilities& q : {Probabilities{0.2, 0.2, 0.2, 0.2, 0.2}, Probabilities{0.01, 0.01, 0.01, 0.01, 0.96},
                                   Probabilities{0, 0, 0.5, 0.5, 0}, p}) {
        const Race drawn = race(p, q, 1);
        CHECK(chiSquare(drawn.counts, p) < rarely(p.size())) << chiSquare(drawn.counts, p);
        double apart = 0; // total variation; the theory's bound of what one proposal is worth
        for (std::size_t i = 0; i < p.size(); ++i) apart += std::abs(p[i] - q[i]) / 2;
        const double right = double(drawn.proposed) / kDraws;
        CHECK(right > (1 - apart) / (1 + apart) - 0.005 && right < 1 - apart + 0.005) << right << apart;
        CHECK(race(p, q, 3).proposed >= drawn.proposed);
    }
    CHECK(race(p, p, 1).proposed == kDraws) << "the same distribution and the same noise";
}

CASE(neighboursAndSeedsAreIndependent) {
    const Probabilities even(16, 1.0 / 16);
    int same = 0, sameSeed = 0;
    for (int i = 0; i < kDraws; ++i) {
        const auto drawn = PositionNoise(std::uint64_t(i), 5).winner(even);
        same += drawn == PositionNoise(std::uint64_t(i), 6).winner(even);
        sameSeed += drawn == PositionNoise(std::uint64_t(i) + 1, 5).winner(even);
    }
    for (const int count : {same, sameSeed}) CHECK(std::abs(count / double(kDraws) - 1.0 / 16) < 0.003) << count;
}

CASE(theFirstOfARaceAreInOrderAndOnlyWhatIsPossible) {
    const Probabilities p{0.1, 0, 0.4, 0.2, 0, 0.3};
    for (std::size_t position = 0; position < 50; ++position) {
        const PositionNoise noise(3, position);
        const auto all = noise.first(p, 9), two = noise.first(p, 2);
        CHECK(all.size() == 4 && two.size() == 2 && all[0].token == two[0].token && all[1].token == two[1].token);
        CHECK(all[0].token == noise.winner(p));
        CHECK(std::ranges::is_sorted(all, {}, &PositionNoise::Arrival::time) && all[0].time > 0);
        for (const PositionNoise::Arrival& one : all) {
            CHECK(one.probability > 0 && one.probability == p[std::size_t(one.token)]);
            CHECK(std::ranges::count(all, one.token, &PositionNoise::Arrival::token) == 1);
        }
    }
}

CASE(theCountingSeesADistributionThatIsSlightlyOff) {
    const Probabilities p{0.5, 0.2, 0.15, 0.1, 0.05}, other{0.49, 0.21, 0.15, 0.1, 0.05};
    CHECK(chiSquare(race(other, other, 1).counts, p) > rarely(p.size()));
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
    CHECK(likeliestToken(distribution(logits, {0, 1}, TokenMask{1, 1, 1})) == 1);
    CHECK(likeliestToken(distribution(logits, {0, 1}, TokenMask{1, 0, 1})) == 2);
    CHECK(PositionNoise(1, 1).winner(distribution(logits, {0, 1}, TokenMask{1, 0, 1})) == 2);
}

CASE(bannedTokensAndMissingNumbersAreNeverDrawn) {
    const float nan = std::numeric_limits<float>::quiet_NaN();
    const Probabilities p = distribution(std::vector<float>{1, nan, 9, 2}, {1, 1}, TokenMask{1, 1, 0, 1});
    CHECK(p[1] == 0 && p[2] == 0 && std::abs(p[0] + p[3] - 1) < 1e-12);
    CHECK(distribution(std::vector<float>{nan, nan}, {1, 1}, TokenMask{1, 1}).empty());
    CHECK(distribution(std::vector<float>{1, 2}, {1, 1}, TokenMask{0, 0}).empty());
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
