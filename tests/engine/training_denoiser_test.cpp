// The training forward and its gradients, on the tiny model.
#include "models/model.h"
#include "models/training_denoiser.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/tiny_model.h"

#include "tests/support/cases.h"

#include <cmath>
#include <stdexcept>

namespace palimpsest {
namespace {

constexpr int kGlobals = 4;

const std::filesystem::path& tinyFolder() {
    static const test::ScratchFolder scratch;
    static const auto folder = test::writeTinyModel(scratch.path() / "tiny", true);
    if (!folder) throw std::runtime_error(folder.error().message);
    return *folder;
}

TrainingOptions tinyOptions(bool fromItsDenoiser = true) {
    TrainingOptions options;
    options.pattern = {32, 2, 24, kGlobals};
    options.rank = 4;
    options.experts = 4;
    options.expertWidth = 8;
    options.levelWidth = 16;
    options.sequentialWidth = 12;
    if (fromItsDenoiser) options.initial = tinyFolder() / "denoiser.safetensors";
    return options;
}

std::unique_ptr<TrainingDenoiser> denoiser(const TrainingOptions& options) {
    auto opened = TrainingDenoiser::open(tinyFolder(), options);
    if (!opened) throw std::runtime_error(opened.error().message);
    return *std::move(opened);
}

std::vector<std::int64_t> someIds(std::size_t count) {
    std::vector<std::int64_t> ids;
    std::uint64_t seed = 7;
    for (std::size_t i = 0; i < count; ++i) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        ids.push_back(std::int64_t(3 + (seed >> 33) % 300));
    }
    return ids;
}

TrainingDocument document(bool infill, std::size_t length = 150) {
    TrainingDocument d;
    d.ids = someIds(length);
    d.noiseSeed = 11;
    if (infill) {
        d.gaps = {{40, 45}, {90, 95}};
        d.blocks = {{40, {0.3f, 0.0f, 1.0f, 0.7f, 0.7f}}, {90, {1, 1, 1, 1, 1}}, {40, {0.5f, 0.5f, 0.0f, 1.0f, 0.2f}}};
    } else {
        d.blocks = {{40, {0.3f, 0.0f, 1.0f, 0.7f}}, {100, {1, 1, 1, 1, 1, 1}}, {102, {0.5f, 0.5f, 0.0f, 1.0f, 0.2f}}};
    }
    return d;
}

// The same document through the model that drafting uses: one block after the other, with the states of the training.
torch::Tensor drafted(const Model& model, const TrainingDocument& d, const torch::Tensor& states) {
    std::vector<torch::Tensor> hidden;
    std::int64_t at = 0;
    for (const TrainingBlock& block : d.blocks) {
        auto context = model.makeContext(kGlobals);
        std::int64_t from = 0;
        const auto encode = [&](std::int64_t to) {
            if (to <= from) return;
            const CleanInput input{&context, {d.ids.begin() + from, d.ids.begin() + to}, from};
            model.clean(std::span(&input, 1));
        };
        for (const TrainingGap& gap : d.gaps) {
            encode(gap.begin);
            from = gap.end;
        }
        encode(d.gaps.empty() ? block.start : std::int64_t(d.ids.size()));
        const auto count = std::int64_t(block.levels.size());
        const NoisedBlock noised{&context, d.ids[std::size_t(block.start - 1)], block.start,
                                 states.narrow(0, at, count), torch::tensor(block.levels)};
        hidden.push_back(model.noised(std::span(&noised, 1)).front());
        at += count;
    }
    return torch::cat(hidden);
}

double apart(const torch::Tensor& a, const torch::Tensor& b) {
    return ((a - b).abs().max() / b.abs().max()).item<double>();
}

// Sums of some hundred products a layer, added in another order: a few dozen roundings of f32.
constexpr double kRounding = 64 * 1.2e-7;

CASE(theTrainingForwardIsTheForwardOfDrafting) {
    const auto trained = denoiser(tinyOptions());
    auto model = Model::open(tinyFolder(), {});
    CHECK(model.ok());
    for (const bool infill : {false, true}) {
        const TrainingDocument d = document(infill);
        const auto forward = trained->forward(d);
        CHECK(apart(drafted(**model, d, forward.states), forward.hidden) < kRounding) << infill;
    }
}

CASE(aWrittenDenoiserOpensAndGivesTheSameLogits) {
    TrainingOptions options = tinyOptions(false); // a fresh one, its zero matrices made to matter
    const auto trained = denoiser(options);
    {
        const at::NoGradGuard guard;
        torch::manual_seed(5);
        auto values = trained->parameters().values();
        values.add_(torch::randn(values.sizes()) * 0.05);
    }
    const test::ScratchFolder scratch;
    std::filesystem::copy(tinyFolder(), scratch.path() / "model");
    const auto file = scratch.path() / "model" / "denoiser.safetensors";
    CHECK(trained->write(file, trained->parameters().values(), 3, StoredType::F32).ok());
    auto model = Model::open(scratch.path() / "model", {});
    CHECK(model.ok()) << (model ? "" : model.error().message);
    const TrainingDocument d = document(false);
    const auto forward = trained->forward(d);
    const auto hidden = drafted(**model, d, forward.states);
    CHECK(apart(hidden, forward.hidden) < kRounding);
    // The losses are those of the model's own logits.
    std::vector<float> levels;
    std::vector<std::int64_t> ids;
    for (const TrainingBlock& block : d.blocks)
        for (std::size_t k = 0; k < block.levels.size(); ++k) {
            levels.push_back(block.levels[k]);
            ids.push_back(d.ids[std::size_t(block.start) + k]);
        }
    const auto logp = (*model)->logits(hidden, forward.states, torch::tensor(levels)).log_softmax(1);
    const auto wanted = -logp.gather(1, torch::tensor(ids).unsqueeze(1)).squeeze(1);
    const DocumentLoss loss = trained->evaluate(d, {});
    CHECK(loss.targets.size() == 13) << loss.targets.size();
    const std::size_t firstOf[] = {0, 4, 10};
    for (const TargetLoss& target : loss.targets) {
        const double own = wanted[std::int64_t(firstOf[target.block]) + target.position].item<double>();
        CHECK(std::abs(own - double(target.crossEntropy)) < 1e-4 * (1 + own)) << target.block << target.position;
    }
}

CASE(aFreshDenoiserComputesWhatTheBaseDoes) {
    const auto trained = denoiser(tinyOptions(false));
    ModelOptions baseAlone;
    baseAlone.loadDenoiser = false;
    const auto model = Model::open(tinyFolder(), baseAlone);
    const TrainingDocument d = document(false);
    const auto forward = trained->forward(d);
    CHECK(model.ok() && apart(drafted(**model, d, forward.states), forward.hidden) < kRounding);
}

// What learn() minimises, as one number.
double objective(TrainingDenoiser& trained, const TrainingDocument& d, const TrainingWeights& weights) {
    const DocumentLoss loss = trained.evaluate(d, weights);
    return loss.loss + weights.balance * loss.balance * trained.adaptedLayers();
}

// The slope of the objective along a random direction of one tensor, by its gradient and by central differences.
void compareSlopes(TrainingDenoiser& trained, const TrainingDocument& d, const TrainingWeights& weights,
                   const char* name) {
    auto& parameters = trained.parameters();
    torch::manual_seed(3);
    const auto direction = torch::randn(parameters.at(name).sizes(), torch::kFloat64);
    const double slope = (parameters.at(name).grad() * direction).sum().item<double>();
    const double step = 1e-6;
    const at::NoGradGuard guard;
    auto value = parameters.part(parameters.values(), name);
    value.add_(direction, step);
    const double above = objective(trained, d, weights);
    value.sub_(direction, 2 * step);
    const double below = objective(trained, d, weights);
    value.add_(direction, step);
    const double measured = (above - below) / (2 * step);
    // Two losses near 10 differ by 1e-15 * 10 / step of rounding; the third derivative, step^2, is less.
    CHECK(std::abs(measured - slope) < 1e-6 * std::abs(slope) + 1e-7) << name << measured << slope;
    CHECK(slope != 0) << name;
}

CASE(gradientsAreTheFiniteDifferencesOfTheLoss) {
    TrainingOptions options = tinyOptions();
    options.dtype = torch::kFloat64;
    const TrainingWeights weights{0.7, 0.3, 0.01, 0.9};
    const auto trained = denoiser(options);
    for (const bool infill : {false, true}) {
        const TrainingDocument d = document(infill);
        trained->parameters().gradients().zero_();
        const DocumentLoss loss = trained->learn(d, weights, 1);
        const double learned = loss.loss + weights.balance * loss.balance * trained->adaptedLayers();
        CHECK(std::abs(learned - objective(*trained, d, weights)) < 1e-9);
        for (const char* name : {"0.attn_q.A", "1.attn_k.B", "2.attn_v.A", "0.attn_output.B", "1.router",
                                 "0.experts.in", "2.experts.out", "level.0.weight", "level.2.bias"})
            compareSlopes(*trained, d, weights, name);
        // Distillation holds its target still, which the absorbing vector would move.
        if (infill) compareSlopes(*trained, d, weights, "absorbing");
    }
}

// Of the targets whose token before is not locked either: what the sequential head minimises with weights {0, 1, 0, 1}.
double sequentialLoss(const DocumentLoss& loss) {
    double sum = 0;
    int count = 0;
    for (const TargetLoss& target : loss.targets) {
        if (!target.sequential) continue;
        sum += double(*target.sequential);
        ++count;
    }
    return count ? sum / count : 0;
}

CASE(theSequentialHeadLearnsWithoutMovingWhatItReads) {
    TrainingOptions options = tinyOptions();
    options.dtype = torch::kFloat64;
    options.onlySequential = true;
    const TrainingWeights weights{0, 1, 0, 1};
    const auto trained = denoiser(options);
    auto& parameters = trained->parameters();
    for (const bool infill : {false, true}) {
        const TrainingDocument d = document(infill);
        parameters.gradients().zero_();
        CHECK(sequentialLoss(trained->learn(d, weights, 1)) > 0);
        for (const ParameterSpec& spec : parameters.specs()) {
            const auto gradient = parameters.at(spec.name).grad();
            if (!spec.name.starts_with("sequential.")) {
                CHECK(gradient.abs().max().item<double>() == 0) << spec.name;
                continue;
            }
            // Losses are told as floats: a long step, and what their last digits leave.
            torch::manual_seed(3);
            const auto direction = torch::randn(gradient.sizes(), torch::kFloat64);
            const double slope = (gradient * direction).sum().item<double>(), step = 3e-3;
            const at::NoGradGuard guard;
            auto value = parameters.part(parameters.values(), spec.name);
            value.add_(direction, step);
            const double above = sequentialLoss(trained->evaluate(d, weights));
            value.sub_(direction, 2 * step);
            const double below = sequentialLoss(trained->evaluate(d, weights));
            value.add_(direction, step);
            const double measured = (above - below) / (2 * step);
            CHECK(std::abs(measured - slope) < 0.01 * std::abs(slope) + 1e-3) << spec.name << measured << slope;
        }
    }
}

// With the words that were there before a target, and where the word before was locked not at all.
CASE(theSequentialHeadIsTrainedOnWhatDraftingAsksOfIt) {
    const auto trained = denoiser(tinyOptions());
    auto model = Model::open(tinyFolder(), {});
    CHECK(model.ok() && (*model)->hasSequentialHead());
    const TrainingDocument d = document(false);
    const auto forward = trained->forward(d);
    const DocumentLoss loss = trained->evaluate(d, {});
    const std::size_t firstOf[] = {0, 4, 10};
    int asked = 0;
    for (const TargetLoss& target : loss.targets) {
        const TrainingBlock& block = d.blocks[std::size_t(target.block)];
        const auto k = std::size_t(target.position), at = std::size_t(block.start) + k;
        CHECK(target.sequential.has_value() == (k > 0 && block.levels[k - 1] > 0)) << target.block << k;
        if (!target.sequential) continue;
        ++asked;
        const auto row = std::int64_t(firstOf[target.block] + k);
        const auto hidden = (*model)->afterTokens(forward.hidden.narrow(0, row, 1), std::span(&d.ids[at - 1], 1),
                                                  std::span(&d.ids[at - 2], 1));
        const auto logits =
            (*model)->logits(hidden, forward.states.narrow(0, row, 1), torch::tensor({block.levels[k]}));
        const double own = -logits.log_softmax(1)[0][d.ids[at]].item<double>();
        CHECK(std::abs(own - double(*target.sequential)) < 1e-4 * (1 + own)) << own << *target.sequential;
    }
    CHECK(asked == 8) << asked;
}

CASE(aSequentialHeadCanBeLearntForADenoiserWithoutOne) {
    TrainingOptions options = tinyOptions();
    options.sequentialWidth = 0;
    const test::ScratchFolder scratch;
    const auto file = scratch.path() / "without.safetensors";
    TrainingOptions fresh = tinyOptions(false);
    fresh.sequentialWidth = 0;
    const auto without = denoiser(fresh);
    CHECK(without->write(file, without->parameters().values(), 1, StoredType::F32).ok());
    TrainingOptions with = tinyOptions(false);
    with.initial = file;
    const auto begun = denoiser(with);
    const DocumentLoss loss = begun->evaluate(document(false), {});
    CHECK(sequentialLoss(loss) > 0);
    for (const TargetLoss& target : loss.targets) // its last matrix is zero: it changes nothing yet
        CHECK(std::abs(target.sequential.value_or(target.crossEntropy) - target.crossEntropy) < 1e-5f);
    auto leftOut = TrainingDenoiser::open(tinyFolder(), options);
    CHECK(!leftOut.ok() && leftOut.error().message.find("sequential") != std::string::npos);
}

CASE(runningLayersAgainGivesTheSameGradients) {
    TrainingOptions options = tinyOptions();
    const auto plain = denoiser(options);
    options.checkpointActivations = true;
    const auto again = denoiser(options);
    for (const bool infill : {false, true}) {
        plain->learn(document(infill), {}, 0.5);
        again->learn(document(infill), {}, 0.5);
    }
    CHECK(apart(again->parameters().gradients(), plain->parameters().gradients()) < 1e-6);
}

CASE(gradientsAddUpOverDocuments) {
    const auto trained = denoiser(tinyOptions());
    auto& parameters = trained->parameters();
    trained->learn(document(false), {}, 1);
    const auto first = parameters.gradients().clone();
    parameters.gradients().zero_();
    trained->learn(document(true), {}, 1);
    const auto second = parameters.gradients().clone();
    trained->learn(document(false), {}, 1);
    CHECK(apart(parameters.gradients(), first + second) < 1e-6);
    CHECK(parameters.at("1.router").grad().data_ptr() == parameters.part(parameters.gradients(), "1.router").data_ptr())
        << "gradients stay views of one buffer";
}

CASE(bfloat16StaysNearFloat32) {
    TrainingOptions options = tinyOptions();
    options.expertsPerToken = 4; // all: which two are chosen hangs on the last bit where two are nearly even
    const auto exact = denoiser(options);
    options.dtype = torch::kBFloat16;
    const auto narrow = denoiser(options);
    const DocumentLoss a = exact->learn(document(false), {}, 1), b = narrow->learn(document(false), {}, 1);
    // Three layers round about sixteen times in a row each, by up to 2^-9; a gradient goes through them twice.
    constexpr double kForward = 3 * 16 / 512.0, kBoth = 2 * kForward;
    CHECK(std::abs(a.loss - b.loss) < kForward * a.loss) << a.loss << b.loss;
    const auto ga = exact->parameters().gradients(), gb = narrow->parameters().gradients();
    const double distance = ((ga - gb).norm() / ga.norm()).item<double>();
    CHECK(distance < kBoth) << distance;
    CHECK(narrow->parameters().values().scalar_type() == torch::kFloat32);
}

CASE(whatDoesNotFitTheBaseOrTheConfigIsRefused) {
    TrainingOptions options = tinyOptions();
    options.rank = 5;
    auto opened = TrainingDenoiser::open(tinyFolder(), options);
    CHECK(!opened.ok() && opened.error().code == ErrorCode::InvalidArgument);
    CHECK(opened.error().message.find("attn") != std::string::npos) << opened.error().message;
    options = tinyOptions();
    options.layers = {0, 1};
    opened = TrainingDenoiser::open(tinyFolder(), options);
    CHECK(!opened.ok() && opened.error().message.find("leaves out") != std::string::npos);
    options = tinyOptions(false);
    options.layers = {3};
    opened = TrainingDenoiser::open(tinyFolder(), options);
    CHECK(!opened.ok() && opened.error().code == ErrorCode::InvalidArgument);
    options.layers = {1};
    CHECK(denoiser(options)->parameters().has("1.router") && !denoiser(options)->parameters().has("0.router"));
}

} // namespace
} // namespace palimpsest
