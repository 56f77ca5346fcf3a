// A personal file: what is learnt is what drafting computes with it, and without strength nothing changes.
#include "models/tuning_model.h"
#include "tests/models/tiny_fixture.h"

#include "tests/support/cases.h"

#include <fstream>

namespace palimpsest {
namespace {

using test::apart;
using test::encode;
using test::kRounding;
using test::someIds;

// A tiny model's folder, and a personal file for it whose additions are as large as a long tuning's.
struct Workplace {
    test::ScratchFolder scratch;
    std::filesystem::path model = *test::writeTinyModel(scratch.path() / "tiny", true);
    std::filesystem::path file = scratch.path() / "mine";
    std::unique_ptr<TuningModel> tuning = open(torch::kFloat32);

    Workplace() {
        const at::NoGradGuard guard;
        torch::manual_seed(5);
        auto values = tuning->parameters().values();
        values.add_(0.1 * torch::randn_like(values));
        values.copy_(values.to(torch::kBFloat16)); // as the file holds them
        CHECK(tuning->write(file, values, {{"words", "7"}}).ok());
    }
    std::unique_ptr<TuningModel> open(torch::ScalarType dtype) const {
        TuningOptions options;
        options.dtype = dtype;
        options.rank = 4;
        return *TuningModel::open(model, options);
    }
    std::unique_ptr<Model> opened(double strength, std::optional<WeightType> products = {}) const {
        ModelOptions options;
        if (strength >= 0) options.personal = file;
        options.strength = std::max(0.0, strength);
        options.products = products;
        auto result = Model::open(model, options);
        CHECK(result.ok());
        return *std::move(result);
    }
};

torch::Tensor hidden(const Model& model, const std::vector<std::int64_t>& ids) {
    auto context = model.makeContext(model.config().pattern.globals);
    return encode(model, context, ids, 0);
}

torch::Tensor noised(const Model& model, const std::vector<std::int64_t>& ids) {
    auto context = model.makeContext(4);
    encode(model, context, ids, 0);
    const NoisedBlock block{&context, ids.back(), std::int64_t(ids.size()), model.absorbing().expand({4, -1}).clone(),
                            torch::ones({4})};
    return model.noised(std::span(&block, 1)).front();
}

CASE(whatIsLearntIsWhatDraftingComputesWithTheFile) {
    const Workplace work;
    const auto ids = someIds(200);
    const auto learnt = work.tuning->hidden(ids);
    CHECK(apart(hidden(*work.opened(1), ids), learnt) < kRounding);
    CHECK(apart(hidden(*work.opened(-1), ids), learnt) > 0.05);
}

CASE(withoutStrengthEveryBitIsAsWithoutTheFile) {
    const Workplace work;
    const auto ids = someIds(100);
    for (const auto products : {std::optional<WeightType>(), std::optional(WeightType::Int8)}) {
        const auto with = work.opened(0, products), without = work.opened(-1, products);
        CHECK(torch::equal(hidden(*with, ids), hidden(*without, ids)));
        CHECK(torch::equal(noised(*with, ids), noised(*without, ids)));
        CHECK(with->summary().hash == without->summary().hash);
    }
}

CASE(halfTheStrengthAddsHalf) {
    const Workplace work;
    const auto ids = someIds(150);
    const auto half = hidden(*work.opened(0.5), ids);
    const at::NoGradGuard guard;
    for (const ParameterSpec& spec : work.tuning->parameters().specs())
        if (spec.name.ends_with(".B"))
            work.tuning->parameters().part(work.tuning->parameters().values(), spec.name).mul_(0.5);
    CHECK(apart(half, work.tuning->hidden(ids)) < kRounding);
}

CASE(theNoisedStreamTakesTheVoiceToo) {
    const Workplace work;
    const auto ids = someIds(100);
    CHECK(apart(noised(*work.opened(1), ids), noised(*work.opened(-1), ids)) > 0.02);
}

CASE(packedMatricesTakeWhatIsAdded) {
    const Workplace work;
    const auto ids = someIds(100);
    const auto exact = hidden(*work.opened(1), ids);
    const double off = apart(hidden(*work.opened(-1), ids), exact);
    // Rounding to int8 may cost some of it, and much less than all.
    CHECK(apart(hidden(*work.opened(1, WeightType::Int8), ids), exact) < 0.3 * off);
}

CASE(theHashTellsFileAndStrength) {
    const Workplace work;
    const std::string one = work.opened(1)->summary().hash, half = work.opened(0.5)->summary().hash,
                      none = work.opened(-1)->summary().hash;
    CHECK(one != half && one != none && half != none);
    CHECK(work.opened(1)->summary().hash == one);
}

CASE(gradientsAreThoseOfTheLoss) {
    const Workplace work;
    const auto model = work.open(torch::kFloat64);
    {
        const at::NoGradGuard guard;
        auto values = model->parameters().values();
        values.add_(0.05 * torch::randn_like(values)); // B is not zero: gradients reach A
    }
    const auto ids = someIds(70);
    model->parameters().gradients().zero_();
    const double loss = model->learn(ids, 2);
    CHECK(std::abs(model->evaluate(ids) / double(ids.size() - 1) - loss) < 1e-10);
    auto values = model->parameters().values();
    const auto gradients = model->parameters().gradients() / 2;
    const at::NoGradGuard guard;
    const auto along = torch::randn_like(values);
    const auto lossAt = [&](double step) {
        values.add_(along, step);
        const double result = model->evaluate(ids) / double(ids.size() - 1);
        values.add_(along, -step);
        return result;
    };
    constexpr double kStep = 1e-5; // central: error of the order of its square
    const double slope = (lossAt(kStep) - lossAt(-kStep)) / (2 * kStep);
    const double told = (gradients * along).sum().item<double>();
    CHECK(std::abs(slope - told) < 1e-6 * std::max(1.0, std::abs(told))) << slope << told;
}

CASE(aFileForAnotherBaseOrNoFileOfOursIsRefused) {
    const Workplace work;
    ModelOptions options;
    options.personal = work.scratch.path() / "none";
    CHECK(Model::open(work.model, options).error().code == ErrorCode::NotFound);
    options.personal = work.model / "denoiser.safetensors";
    CHECK(Model::open(work.model, options).error().code == ErrorCode::Corrupt);
    std::ofstream(work.scratch.path() / "garbage") << "garbage";
    options.personal = work.scratch.path() / "garbage";
    CHECK(Model::open(work.model, options).error().code == ErrorCode::Corrupt);
    // The same shapes, another base.
    auto config = *readModelConfig(work.model);
    config.baseDigest = std::string(64, 'a');
    CHECK(writeModelConfig(config, work.model).ok());
    options.personal = work.file;
    const auto refused = Model::open(work.model, options);
    CHECK(!refused.ok() && refused.error().code == ErrorCode::Unsupported);
    CHECK(refused.error().message.find("another model") != std::string::npos);
}

} // namespace
} // namespace palimpsest
