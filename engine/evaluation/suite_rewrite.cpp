// Passages of held-out books rewritten at rising strengths: how many words change, and how well the result fits.
#include "engine/evaluation/suites.h"
#include "engine/evaluation/text_measures.h"

namespace palimpsest {
namespace {

constexpr std::size_t kLeft = 256, kPassage = 48, kRight = 32;

} // namespace

Result<void> rewriteSuite(SuiteRun& run) {
    Json& texts = run.report["texts"] = Json::array(); // for docs/meaning_kept.py
    for (const double strength : {0.15, 0.3, 0.45, 0.6, 0.8}) {
        Mean changed, before, after, followingBefore, followingAfter;
        for (int i = 0; i < run.samples(12); ++i) {
            const auto excerpt = run.excerpt(i, kLeft, kPassage, kRight);
            if (!excerpt) return booksTooShort();
            DraftRequest request;
            request.kind = DraftKind::Rewrite;
            request.left = excerpt->left;
            request.text = excerpt->middle;
            request.right = excerpt->right;
            request.options.strength = strength;
            request.options.temperature = run.options.temperatures.front();
            request.options.seed = run.options.seed + std::uint64_t(i);
            const auto end = run.draft(request);
            if (!end) return end.error();
            const std::string& text = end->candidates.front().text;
            texts.push_back({{"strength", strength}, {"before", excerpt->middle}, {"after", text}});
            changed.add(changedShare(excerpt->middle, text));
            before.add(run.judge.scoreText(excerpt->left, excerpt->middle, run.stop).each());
            after.add(run.judge.scoreText(excerpt->left, text, run.stop).each());
            followingBefore.add(run.judge.scoreText(excerpt->left + excerpt->middle, excerpt->right, run.stop).each());
            followingAfter.add(run.judge.scoreText(excerpt->left + text, excerpt->right, run.stop).each());
        }
        run.row({{"strength", strength},
                 {"passages", changed.count()},
                 {"changed_words", changed.mean()},
                 {"changed_words_error", changed.error()},
                 {"cross_entropy_before", before.mean()},
                 {"cross_entropy", after.mean()},
                 {"following_before", followingBefore.mean()},
                 {"following", followingAfter.mean()}});
    }
    return {};
}

} // namespace palimpsest
