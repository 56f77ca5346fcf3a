// Verified drafts against the base's own samples, on the tiny model, by counting.
#include "tests/engine/tiny_engine.h"
#include "tests/support/cases.h"

#include <array>
#include <cmath>
#include <functional>

namespace palimpsest::test {
namespace {

constexpr int kRequests = 160, kDraftsEach = 8;
constexpr std::size_t kBins = 24, kPositions = 3;

using Counts = std::array<std::array<double, kBins>, kPositions>;

// Where the first tokens of many drafts fall. block 1 is the base sampled token by token.
Counts countTokens(Engine& engine, int block, int steps, bool verify, std::uint64_t seed) {
    Counts counts{};
    for (int i = 0; i < kRequests; ++i) {
        DraftRequest request = continueRequest(4, seed + std::uint64_t(i));
        request.options.block = block;
        request.options.steps = steps;
        request.options.verify = verify;
        request.options.drafts = kDraftsEach;
        request.options.topP = 0.9;
        const auto end = engine.draft(request, {}, {});
        CHECK(end.ok()) << (end ? "" : end.error().message);
        if (!end) return counts;
        for (const DraftCandidate& candidate : end->candidates)
            for (std::size_t at = 0; at < std::min(kPositions, candidate.tokens.size()); ++at)
                ++counts[at][std::hash<std::string>()(candidate.tokens[at].text) % kBins];
    }
    return counts;
}

// Two-sample statistic; its standard deviation is about sqrt(2 · bins).
double difference(const std::array<double, kBins>& a, const std::array<double, kBins>& b) {
    double totalA = 0, totalB = 0, sum = 0;
    for (std::size_t i = 0; i < kBins; ++i) {
        totalA += a[i];
        totalB += b[i];
    }
    for (std::size_t i = 0; i < kBins; ++i) {
        if (a[i] + b[i] == 0) continue;
        const double scaled = std::sqrt(totalB / totalA) * a[i] - std::sqrt(totalA / totalB) * b[i];
        sum += scaled * scaled / (a[i] + b[i]);
    }
    return sum;
}

// What is drawn for a position depends on nothing but the words before it and the seed.
CASE(verifiedDraftsAreWordForWordWhatTheBaseWritesWithTheSameSeed) {
    const auto engine = tinyEngine();
    for (std::uint64_t seed = 0; seed < 20; ++seed) {
        std::string wanted;
        for (const auto& [block, steps] :
             {std::pair(1, 1), std::pair(4, 1), std::pair(6, 3), std::pair(8, 8), std::pair(6, 2), std::pair(16, 1)}) {
            DraftRequest request = continueRequest(12, 700 + seed);
            request.options.block = block;
            request.options.steps = steps;
            request.options.drafts = 3;
            const auto end = engine->draft(request, {}, {});
            CHECK(end.ok()) << (end ? "" : end.error().message);
            if (!end) return;
            std::string text;
            for (const DraftCandidate& candidate : end->candidates) text += candidate.text + '\n';
            if (block == 1) wanted = text;
            CHECK(text == wanted) << block << steps << seed << "\n" << text << "instead of\n" << wanted;
        }
    }
}

CASE(verifiedDraftsAreTheBasesOwnSamplesAndUnverifiedOnesAreNot) {
    const auto engine = tinyEngine();
    const Counts base = countTokens(*engine, 1, 1, true, 1'000);
    const double bound = kBins + 5 * std::sqrt(2.0 * kBins);
    for (const auto& [block, steps] : {std::pair(4, 1), std::pair(6, 3)}) {
        const Counts verified = countTokens(*engine, block, steps, true, 50'000);
        for (std::size_t at = 0; at < kPositions; ++at)
            CHECK(difference(base[at], verified[at]) < bound) << block << at << difference(base[at], verified[at]);
    }
    const Counts free = countTokens(*engine, 4, 1, false, 90'000);
    CHECK(difference(base[1], free[1]) > bound) << "the counting cannot tell" << difference(base[1], free[1]);
}

} // namespace
} // namespace palimpsest::test
