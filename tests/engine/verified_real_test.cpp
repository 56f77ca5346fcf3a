// Verified drafts of the real model against its base's plain samples: the same cross-entropy under the base, over more
// than fifty drafts each of texts that no training has seen (tests/support/held_out.h).
#include "engine/api/engine.h"
#include "models/model.h"
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

// Mean cross-entropy of `text` after `left` under the base alone, nats per token.
double crossEntropy(const Model& base, const std::string& left, const std::string& text) {
    const std::vector<std::int64_t> before = base.tokenizer().encode(left), all = base.tokenizer().encode(left + text);
    CleanContext context = base.makeContext(base.config().pattern.globals);
    const CleanInput input{&context, all, 0};
    const c10::InferenceMode guard;
    const auto hidden = base.clean(std::span(&input, 1)).front();
    const auto from = std::int64_t(before.size()), to = std::int64_t(all.size());
    const auto targets = torch::tensor(std::vector<std::int64_t>(all.begin() + from, all.end()), torch::kInt64);
    return torch::nn::functional::cross_entropy(base.logits(hidden.slice(0, from - 1, to - 1)), targets).item<double>();
}

struct Sample {
    std::vector<double> crossEntropies; // of the drafts
    double tokensPerRound = 0;

    double mean() const {
        double sum = 0;
        for (const double value : crossEntropies) sum += value;
        return sum / double(crossEntropies.size());
    }
    double squaredError() const { // of the mean
        double sum = 0;
        for (const double value : crossEntropies) sum += (value - mean()) * (value - mean());
        return sum / double(crossEntropies.size()) / double(crossEntropies.size() - 1);
    }
};

Sample sample(Engine& engine, const Model& base, int block, bool verify, std::uint64_t seed) {
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
            all.crossEntropies.push_back(crossEntropy(base, left, candidate.text));
    }
    return all;
}

CASE(verifiedDraftsOfTheRealModelAreAsLikelyAsTheBasesOwnSamples) {
    const auto folder = realModel(StoredType::BF16);
    if (!folder) return skip(folder.error().message);
    const auto engine = openEngine({folder->string(), "cpu", 0, "auto"});
    ModelOptions options;
    options.products = WeightType::Bf16;
    options.loadDenoiser = false;
    const auto base = Model::open(*folder, options);
    CHECK(engine.ok() && base.ok());
    if (!engine || !base) return;
    CHECK(contexts().size() == kContexts);
    const Sample plain = sample(**engine, **base, 1, true, 100);
    const auto apart = [&](const Sample& other) {
        return std::abs(other.mean() - plain.mean()) / std::sqrt(other.squaredError() + plain.squaredError());
    };
    const Sample verified = sample(**engine, **base, 8, true, 200);
    CHECK(verified.crossEntropies.size() >= 50 && plain.crossEntropies.size() >= 50);
    CHECK(verified.tokensPerRound > 1.5) << verified.tokensPerRound << "tokens a round: the denoiser helps nothing";
    CHECK(apart(verified) < 4) << verified.mean() << "verified," << plain.mean() << "plain";
    const Sample free = sample(**engine, **base, 8, false, 300);
    CHECK(apart(free) > 4) << "the comparison cannot tell:" << free.mean() << "unverified," << plain.mean() << "plain";
    std::printf(
        "cross-entropy under the base, nats a token: plain %.3f, verified %.3f (errors of the means %.3f, %.3f), "
        "unverified %.3f; %.2f tokens a round\n",
        plain.mean(), verified.mean(), std::sqrt(plain.squaredError()), std::sqrt(verified.squaredError()), free.mean(),
        verified.tokensPerRound);
}

} // namespace
} // namespace palimpsest::test
