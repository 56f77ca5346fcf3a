// Gaps in held-out books: how often the very words come back, and whether what follows is likelier after a filled gap
// than after a continuation that never saw it.
#include "engine/evaluation/suites.h"
#include "engine/evaluation/text_measures.h"
#include "engine/inference/draft_text.h"

#include <algorithm>

namespace palimpsest {
namespace {

constexpr std::size_t kLeft = 256, kRight = 32;

// Positions at which `text` has the tokens of the truth, as a share of those.
double tokenAccuracy(const SuiteRun& run, const Excerpt& excerpt, const std::string& text) {
    const auto ids = run.judge.encode(excerpt.left + text);
    std::size_t same = 0;
    for (std::size_t i = 0; i < excerpt.middleIds.size(); ++i) {
        const std::size_t at = excerpt.leftIds.size() + i;
        same += at < ids.size() && ids[at] == excerpt.middleIds[i];
    }
    return double(same) / double(excerpt.middleIds.size());
}

struct Gap {
    Mean exact, accuracy, truth, filled, best, leftOnly, leftOnlyBest, won, wonBest;
};

Result<void> measure(SuiteRun& run, const Excerpt& excerpt, int index, Gap& gap) {
    // Nats a token of what follows the gap, under the base.
    const auto following = [&](const std::string& middle) {
        return run.judge.scoreText(excerpt.left + middle, excerpt.right, run.stop).each();
    };
    DraftRequest request;
    request.left = excerpt.left;
    request.options.tokens = int(excerpt.middleIds.size());
    request.options.seed = run.options.seed + std::uint64_t(index);
    request.options.temperature = run.options.temperatures.front();
    request.options.drafts = 3;
    const auto continued = run.draft(request);
    request.kind = DraftKind::Infill;
    request.right = excerpt.right;
    const auto infilled = run.draft(request);
    if (!continued || !infilled) return (continued ? infilled : continued).error();
    Mean filled, leftOnly;
    double leftOnlyBest = 1e9;
    for (const DraftCandidate& candidate : infilled->candidates) filled.add(following(candidate.text));
    for (const DraftCandidate& candidate : continued->candidates) {
        leftOnly.add(following(candidate.text));
        leftOnlyBest = std::min(leftOnlyBest, following(candidate.text));
    }
    const std::string& first = infilled->candidates.front().text; // as ranked by the engine
    const double chosen = following(first);
    gap.exact.add(wordsOf(first) == wordsOf(excerpt.middle));
    gap.accuracy.add(tokenAccuracy(run, excerpt, first));
    gap.truth.add(following(excerpt.middle));
    gap.filled.add(filled.mean());
    gap.best.add(chosen);
    gap.leftOnly.add(leftOnly.mean());
    gap.leftOnlyBest.add(leftOnlyBest);
    gap.won.add(chosen < leftOnly.mean());
    gap.wonBest.add(chosen < leftOnlyBest);
    return {};
}

} // namespace

Result<void> infillSuite(SuiteRun& run) {
    for (const std::size_t size : {8u, 16u, 32u, 64u}) {
        Gap gap;
        for (int i = 0; i < run.samples(16); ++i) {
            const auto excerpt = run.excerpt(i, kLeft, size, kRight);
            if (!excerpt) return booksTooShort();
            if (const auto done = measure(run, *excerpt, i, gap); !done) return done.error();
        }
        run.row({{"gap", size},
                 {"gaps", gap.exact.count()},
                 {"exact", gap.exact.mean()},
                 {"token_accuracy", gap.accuracy.mean()},
                 {"following_truth", gap.truth.mean()},
                 {"following_infill_first", gap.best.mean()},
                 {"following_infill_mean", gap.filled.mean()},
                 {"following_left_only_mean", gap.leftOnly.mean()},
                 {"following_left_only_best", gap.leftOnlyBest.mean()},
                 {"better_than_left_only_mean", gap.won.mean()},
                 {"better_than_left_only_best", gap.wonBest.mean()},
                 {"error_of_shares", gap.won.error()}});
    }
    return {};
}

} // namespace palimpsest
