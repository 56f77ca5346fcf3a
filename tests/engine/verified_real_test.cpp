// Verified drafts of the real model against its base's plain samples: the same cross-entropy under the base, over more
// than fifty drafts each of texts that no training has seen (tests/support/held_out.h).
#include "engine/api/engine.h"
#include "engine/evaluation/judge.h"
#include "engine/evaluation/text_measures.h"
#include "tests/support/held_out.h"
#include "tests/support/real_model.h"

#include "tests/support/cases.h"

#include <cmath>

namespace palimpsest::test {
namespace {

constexpr int kDraftsEach = 8, kTokens = 40;
constexpr std::size_t kContexts = 7, kContextBytes = 600;

// Beginnings of held-out texts, to the end of a sentence in their midst.
std::vector<std::string> contexts() {
    std::vector<std::string> all;
    for (const std::string& text : heldOutTexts()) {
        const std::size_t end = text.find(". ", kContextBytes / 2);
        if (text.size() > kContextBytes && end != std::string::npos && all.size() < kContexts)
            all.push_back(text.substr(0, end + 1));
    }
    return all;
}

struct Sample {
    Mean crossEntropy; // of the drafts, nats per token under the base
    double tokensPerRound = 0;
};

Sample sample(Engine& engine, const Judge& base, int block, bool verify, std::uint64_t seed) {
    Sample all;
    const std::vector<std::string> lefts = contexts();
    for (const std::string& left : lefts) {
        DraftRequest request;
        request.id = "d";
        request.left = left;
        request.options.tokens = kTokens;
        request.options.block = block;
        request.options.verify = verify;
        request.options.drafts = kDraftsEach;
        request.options.seed = ++seed;
        const auto end = engine.draft(request, {}, {});
        CHECK(end.ok()) << (end ? "" : end.error().message);
        if (!end) return all;
        all.tokensPerRound += end->statistics.tokensPerRound / double(lefts.size());
        for (const DraftCandidate& candidate : end->candidates)
            all.crossEntropy.add(base.scoreText(left, candidate.text, {}).each());
    }
    return all;
}

CASE(verifiedDraftsOfTheRealModelAreAsLikelyAsTheBasesOwnSamples) {
    const auto folder = realModel(StoredType::BF16);
    if (!folder) return skip(folder.error().message);
    const auto engine = openEngine({folder->string(), "cpu", 0, "auto"});
    const auto base = Judge::open(folder->string(), "cpu", 0);
    CHECK(engine.ok() && base.ok());
    if (!engine || !base) return;
    CHECK(contexts().size() == kContexts);
    const Sample plain = sample(**engine, *base, 1, true, 100);
    const auto apart = [&](const Sample& other) {
        return std::abs(other.crossEntropy.mean() - plain.crossEntropy.mean()) /
               std::hypot(other.crossEntropy.error(), plain.crossEntropy.error());
    };
    const Sample verified = sample(**engine, *base, 8, true, 200);
    CHECK(verified.crossEntropy.count() >= 50 && plain.crossEntropy.count() >= 50);
    CHECK(verified.tokensPerRound > 1.5) << verified.tokensPerRound << "tokens a round: the denoiser helps nothing";
    CHECK(apart(verified) < 4) << verified.crossEntropy.mean() << "verified," << plain.crossEntropy.mean() << "plain";
    const Sample free = sample(**engine, *base, 8, false, 300);
    CHECK(apart(free) > 4) << "the comparison cannot tell:" << free.crossEntropy.mean() << "unverified,"
                           << plain.crossEntropy.mean() << "plain";
    std::printf(
        "cross-entropy under the base, nats a token: plain %.3f, verified %.3f (errors of the means %.3f, %.3f), "
        "unverified %.3f; %.2f tokens a round\n",
        plain.crossEntropy.mean(), verified.crossEntropy.mean(), plain.crossEntropy.error(),
        verified.crossEntropy.error(), free.crossEntropy.mean(), verified.tokensPerRound);
}

} // namespace
} // namespace palimpsest::test
