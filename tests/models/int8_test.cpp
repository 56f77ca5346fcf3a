// The real model with int8 matrices against itself in f32: how much worse it predicts texts that no training has seen.
#include "models/model.h"
#include "tests/support/held_out.h"
#include "tests/support/real_model.h"

#include "tests/support/cases.h"

#include <cstdio>

namespace palimpsest::test {
namespace {

constexpr std::size_t kTokensEach = 700;

struct Measured {
    double crossEntropy = 0; // nats a token
    std::int64_t tokens = 0;
};

Measured measure(const std::filesystem::path& folder, std::optional<WeightType> products) {
    ModelOptions options;
    options.products = products;
    options.loadDenoiser = false;
    const auto model = Model::open(folder, options);
    CHECK(model.ok());
    Measured all;
    if (!model) return all;
    const c10::InferenceMode guard;
    for (const std::string& text : heldOutTexts()) {
        auto ids = (*model)->tokenizer().encode(text);
        ids.resize(std::min(ids.size(), kTokensEach));
        const auto count = std::int64_t(ids.size()) - 1;
        if (count < 1) continue;
        auto context = (*model)->makeContext((*model)->config().pattern.globals);
        const CleanInput input{&context, ids, 0};
        const auto hidden = (*model)->clean(std::span(&input, 1)).front();
        const auto targets = torch::tensor(std::vector<std::int64_t>(ids.begin() + 1, ids.end()), torch::kInt64);
        const auto loss = torch::nn::functional::cross_entropy((*model)->logits(hidden.narrow(0, 0, count)), targets);
        all.crossEntropy += loss.item<double>() * double(count);
        all.tokens += count;
    }
    all.crossEntropy /= double(all.tokens);
    return all;
}

CASE(int8MatricesPredictNoMoreThanHalfAPercentWorse) {
    const auto folder = realModel(StoredType::F32);
    if (!folder) return skip(folder.error().message);
    const Measured exact = measure(*folder, {}), rounded = measure(*folder, WeightType::Int8);
    std::printf("%lld tokens: %.4f nats in f32, %.4f with int8 matrices (%+.2f %%)\n", (long long)exact.tokens,
                exact.crossEntropy, rounded.crossEntropy, 100 * (rounded.crossEntropy / exact.crossEntropy - 1));
    CHECK(exact.tokens > 1000 && exact.crossEntropy < 5);
    CHECK(rounded.crossEntropy < exact.crossEntropy * 1.005) << rounded.crossEntropy << "after" << exact.crossEntropy;
    CHECK(rounded.crossEntropy != exact.crossEntropy) << "nothing was rounded";
}

} // namespace
} // namespace palimpsest::test
