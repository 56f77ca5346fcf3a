// Continuations of held-out books over a grid of ways to make them, beside the base's own samples.
#include "engine/evaluation/suites.h"
#include "engine/evaluation/text_measures.h"

namespace palimpsest {
namespace {

constexpr int kDraftsEach = 4, kTokens = 48;
constexpr std::size_t kLeft = 512;

struct Way {
    const char* name;
    int block, steps;
    bool verify;
};
constexpr Way kWays[] = {
    {"base", 1, 1, true}, // blocks of one: the base's own samples
    {"verified", 8, 1, true},      {"verified", 8, 2, true},    {"verified", 8, 4, true},
    {"verified", 16, 1, true},     {"verified", 16, 4, true},   {"unverified", 8, 2, false},
    {"unverified", 8, 4, false},   {"unverified", 8, 8, false}, {"unverified", 16, 4, false},
    {"unverified", 16, 16, false},
};

Result<Json> measured(SuiteRun& run, const Way& way, double temperature) {
    Mean crossEntropy, perStep, perRound, perSecond;
    std::vector<std::string> texts;
    for (int i = 0; i < run.samples(8); ++i) {
        const auto excerpt = run.excerpt(i, kLeft, 0, 0);
        if (!excerpt) return booksTooShort();
        DraftRequest request;
        request.left = excerpt->left;
        request.options = {kTokens,     way.block, way.steps, way.verify,
                           temperature, 1.0,       0.4,       run.options.seed + std::uint64_t(i),
                           kDraftsEach};
        const auto end = run.draft(request);
        if (!end) return end.error();
        perStep.add(end->statistics.tokensPerStep);
        perRound.add(end->statistics.tokensPerRound);
        perSecond.add(end->statistics.tokens / end->statistics.seconds);
        for (const DraftCandidate& candidate : end->candidates) {
            crossEntropy.add(run.judge.scoreText(excerpt->left, candidate.text, run.stop).each());
            texts.push_back(candidate.text);
        }
    }
    return Json{{"way", way.name},
                {"block", way.block},
                {"steps", way.steps},
                {"temperature", temperature},
                {"drafts", crossEntropy.count()},
                {"cross_entropy", crossEntropy.mean()},
                {"cross_entropy_error", crossEntropy.error()},
                {"distinct_1", distinctShare(texts, 1)},
                {"distinct_2", distinctShare(texts, 2)},
                {"distinct_3", distinctShare(texts, 3)},
                {"repetitions_per_1000", repetitionsPer1000(texts)},
                {"entropy", wordEntropy(texts)},
                {"tokens_per_step", perStep.mean()},
                {"tokens_per_round", perRound.mean()},
                {"tokens_per_second", perSecond.mean()}};
}

} // namespace

Result<void> draftsSuite(SuiteRun& run) {
    for (const double temperature : run.options.temperatures)
        for (const Way& way : kWays) {
            auto row = measured(run, way, temperature);
            if (!row) return row.error();
            run.row(*std::move(row));
        }
    return {};
}

} // namespace palimpsest
