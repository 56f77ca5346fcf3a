// The scratch way: all weights trained, on pairs and on plain texts; the folder it writes; the sampler of pairs.
#include "engine/api/engine.h"
#include "engine/data/pair_corpus.h"
#include "engine/data/pair_tokens.h"
#include "engine/evaluation/evaluation.h"
#include "engine/inference/pair_sampler.h"
#include "engine/training/trainer.h"
#include "models/scratch_model.h"
#include "models/training_denoiser.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/tiny_model.h"

#include "tests/support/cases.h"

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace palimpsest::test {
namespace {

namespace fs = std::filesystem;

std::string readAll(const fs::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

// Six pairs whose sources are in the part that is trained on, and one for validation and test each.
std::map<std::string, std::string> writePairs(const fs::path& folder) {
    const char* targets[] = {"The ferryman waits", "Grey horses",     "Nobody knows fog",
                             "A wife's lantern",   "Late, very late", "Horses by the river"};
    fs::create_directories(folder);
    std::ofstream file(folder / "pairs.tsv");
    std::map<std::string, std::string> trained;
    int others[2] = {};
    for (int i = 0; trained.size() < 6 || !others[0] || !others[1]; ++i) {
        const std::string source = "page " + std::to_string(i);
        const PairSplit split = splitOf(source);
        if (split != PairSplit::Train && !others[int(split)]++) file << source << "\tThe river waits\n";
        if (split != PairSplit::Train || trained.size() == 6) continue;
        file << source << '\t' << targets[trained.size()] << '\n';
        trained[source] = targets[trained.size()];
    }
    return trained;
}

TrainConfig pairConfig() {
    TrainConfig c;
    c.way = "scratch";
    c.pairs = true;
    c.targetTokens = 24;
    c.vocabulary = 300;
    c.depth = 2;
    c.width = 48;
    c.heads = 2;
    c.feedForward = 96;
    c.experts = 2;
    c.expertWidth = 16;
    c.levelWidth = 32;
    c.pattern = {8, 2, 8, 2};
    c.steps = 400;
    c.warmupSteps = 10;
    c.documentsPerStep = 3;
    c.blocksPerDocument = 4;
    c.learningRate = 0.006;
    c.checkpointSteps = 50;
    c.evaluateSteps = 0;
    return c;
}

TrainOutcome trained(const TrainConfig& config, const fs::path& corpus, const fs::path& out, bool resume = false,
                     std::int64_t steps = 0) {
    TrainJob job;
    job.config = config;
    job.corpus = corpus;
    job.out = out;
    job.resume = resume;
    job.steps = steps;
    const auto outcome = train(job, {}, {});
    CHECK(outcome.ok()) << (outcome ? "" : outcome.error().message);
    return outcome ? *outcome : TrainOutcome{};
}

// The share of the tokens of trained targets that the model in `folder` puts in their places. What does not look at the
// source gets a tenth of them right.
double recalled(const fs::path& folder, const std::map<std::string, std::string>& pairs, const PairSampling& sampling) {
    const auto model = Model::open(folder, {});
    CHECK(model.ok()) << (model ? "" : model.error().message);
    if (!model) return 0;
    const auto sampler = PairSampler::open(**model, folder);
    const auto tokens = PairTokens::of((*model)->tokenizer());
    CHECK(sampler.ok() && tokens.ok());
    std::vector<std::vector<std::int64_t>> sources, targets;
    for (const auto& [source, target] : pairs) {
        sources.push_back(tokens->source(source));
        targets.push_back(*tokens->target(target, 24));
    }
    const auto ids = sampler->sample(sources, 1, sampling, {});
    int right = 0, all = 0;
    for (std::size_t i = 0; i < ids.size(); ++i)
        for (std::size_t k = 0; k < 24 && targets[i][k] != targets[i].back(); ++k) {
            right += ids[i][k] == targets[i][k];
            ++all;
        }
    return double(right) / all;
}

CASE(anOverfitModelGivesItsPairsBackBySolverAndByAncestralSteps) {
    const ScratchFolder scratch;
    const auto pairs = writePairs(scratch.path() / "corpus");
    trained(pairConfig(), scratch.path() / "corpus", scratch.path() / "run");
    const auto folder = scratch.path() / "run/model";
    const double solved = recalled(folder, pairs, {8}), drawn = recalled(folder, pairs, {24, true});
    CHECK(solved > 0.6) << solved;
    CHECK(drawn > 0.8) << drawn;

    const auto engine = openEngine({folder.string(), "cpu", 1, "float32"});
    CHECK(!engine.ok() && engine.error().code == ErrorCode::Unsupported) << "a translator continues no text";

    EvaluationOptions options;
    options.suite = "seq2seq";
    options.model = folder.string();
    options.data = scratch.path() / "corpus";
    options.device = "cpu";
    options.threads = 1;
    options.steps = {2};
    const auto report = evaluate(options, {}, {});
    CHECK(report.ok() && (*report)["rows"].size() == 2) << (report ? report->dump() : report.error().message);

    options.noise = {0}; // then nothing is drawn: all candidates are one
    const auto still = evaluate(options, {}, {});
    CHECK(still.ok() && (*still)["rows"][0]["bleu"] == (*still)["rows"][1]["bleu"]) << (still ? still->dump() : "");
    CHECK(still.ok() && (*still)["rows"][0]["samples"] == 10 && (*still)["rows"][0]["bleu_error"] == 0);
}

CASE(gaussianDiffusionWithSquaredErrorLearnsPairsToo) {
    const ScratchFolder scratch;
    const auto pairs = writePairs(scratch.path() / "corpus");
    TrainConfig c = pairConfig();
    c.objective = "squared_error";
    c.absorbing = false;
    c.gamma = c.frontierShare = c.lockShare = 0;
    c.experts = 0;
    trained(c, scratch.path() / "corpus", scratch.path() / "run");
    const double drawn = recalled(scratch.path() / "run/model", pairs, {32, true});
    CHECK(drawn > 0.4) << drawn;
}

CASE(aBrokenRunGoesOnToTheWeightsOfAnUnbrokenOne) {
    const ScratchFolder scratch;
    writePairs(scratch.path() / "corpus");
    TrainConfig c = pairConfig();
    c.steps = 8;
    c.warmupSteps = 2;
    c.ema = 0.9;
    trained(c, scratch.path() / "corpus", scratch.path() / "whole");
    trained(c, scratch.path() / "corpus", scratch.path() / "broken", false, 3);
    CHECK(trained(c, scratch.path() / "corpus", scratch.path() / "broken", true).finished);
    for (const char* file : {"model/base.safetensors", "model/denoiser.safetensors", "model/model.json"})
        CHECK(readAll(scratch.path() / "whole" / file) == readAll(scratch.path() / "broken" / file)) << file;
}

CASE(aModelOfPlainTextsLearnsAndJudges) {
    const ScratchFolder scratch;
    const auto corpus = scratch.path() / "corpus";
    fs::create_directories(corpus / "valid");
    std::string text;
    for (int i = 0; i < 150; ++i)
        text += "The house stood at the end of a long lane, and nobody had lived in it for " + std::to_string(i) +
                " years.\nShe said that he was in the house with " + std::to_string(i * 7 % 11) + " of the keys.\n";
    std::ofstream(corpus / "a.txt") << text;
    std::ofstream(corpus / "valid/b.txt") << text.substr(0, 4000);
    TrainConfig c = pairConfig();
    c.pairs = false;
    c.firstDocumentTokens = c.lastDocumentTokens = 128;
    c.leastContext = 16;
    c.blockSizes = {4, 8};
    c.blockShares = {1, 1};
    c.steps = 40;
    c.evaluateSteps = 40;
    const auto outcome = trained(c, corpus, scratch.path() / "run");
    CHECK(outcome.heldOut > 0 && outcome.heldOut < 0.8 * std::log(300.0)) << outcome.heldOut;
    const auto engine = openEngine({(scratch.path() / "run/model").string(), "cpu", 1, "float32"});
    CHECK(engine.ok()) << (engine ? "" : engine.error().message);
    for (const bool verify : {true, false}) {
        DraftRequest request;
        request.id = "d";
        request.left = text.substr(0, 300);
        request.options.tokens = 12;
        request.options.verify = verify;
        const auto end = (*engine)->draft(request, {}, {});
        CHECK(end.ok() && !end->candidates.front().text.empty()) << (end ? "" : end.error().message);
    }

    EvaluationOptions options;
    options.suite = "wikitext";
    options.model = (scratch.path() / "run/model").string();
    std::ofstream(scratch.path() / "book.txt") << text;
    options.data = scratch.path() / "book.txt";
    options.device = "cpu";
    options.threads = 1;
    options.samples = 1;
    const auto report = evaluate(options, {}, {});
    CHECK(report.ok()) << (report ? "" : report.error().message);
    const double judged = report ? (*report)["rows"][0]["cross_entropy"].get<double>() : 99;
    CHECK(judged < 0.8 * std::log(300.0)) << judged;
}

// --- the network itself ---

struct Network {
    ScratchFolder scratch;
    std::unique_ptr<TrainingDenoiser> trained;
    fs::path tokenizer;

    Network(const TrainingOptions& options) {
        const auto tiny = writeTinyModel(scratch.path() / "tiny", false);
        tokenizer = *tiny / "tokenizer.model";
        ScratchSizes sizes;
        sizes.layers = sizes.heads = 2;
        sizes.width = 32;
        sizes.feedForward = 48;
        sizes.pattern = options.pattern;
        const auto made = makeScratchModel(scratch.path() / "initial", sizes, tokenizer);
        CHECK(made.ok()) << (made ? "" : made.error().message);
        auto opened = TrainingDenoiser::open(scratch.path() / "initial", options);
        CHECK(opened.ok()) << (opened ? "" : opened.error().message);
        trained = *std::move(opened);
        const at::NoGradGuard guard; // what begins at zero is to matter
        auto values = trained->parameters().values();
        torch::manual_seed(5);
        values.add_(torch::randn(values.sizes()) * 0.05);
    }
};

TrainingOptions networkOptions() {
    TrainingOptions o;
    o.trainBase = o.bothWays = true;
    o.targetTokens = 6;
    o.pattern = {6, 2, 4, 2};
    o.rank = 0;
    o.experts = 4;
    o.expertWidth = 8;
    o.levelWidth = 16;
    return o;
}

TrainingDocument pairDocument() {
    TrainingDocument d;
    for (int i = 0; i < 26; ++i) d.ids.push_back(5 + i * 37 % 250);
    d.gaps = {{20, 26}};
    d.blocks = {{20, {0.3f, 0.0f, 1.0f, 0.7f, 0.7f, 0.9f}}, {20, {1, 1, 1, 1, 1, 1}}};
    d.noiseSeed = 3;
    return d;
}

CASE(theForwardThatIsTrainedIsTheForwardOfTheWrittenModel) {
    const Network network(networkOptions());
    const TrainingDocument d = pairDocument();
    const auto forward = network.trained->forward(d);
    const auto folder = network.scratch.path() / "model";
    const auto written =
        network.trained->writeModel(folder, network.trained->parameters().values(), 1, network.tokenizer);
    CHECK(written.ok()) << (written ? "" : written.error().message);
    const auto model = Model::open(folder, {});
    CHECK(model.ok()) << (model ? "" : model.error().message);
    auto context = (*model)->makeContext(2);
    const CleanInput input{&context, {d.ids.begin(), d.ids.begin() + 20}, 0};
    (*model)->clean(std::span(&input, 1));
    for (std::int64_t b = 0; b < 2; ++b) {
        const NoisedBlock block{&context, d.ids[19], 20, forward.states.narrow(0, 6 * b, 6),
                                torch::tensor(d.blocks[std::size_t(b)].levels)};
        const auto hidden = (*model)->noised(std::span(&block, 1)).front();
        const auto other = forward.hidden.narrow(0, 6 * b, 6);
        // Sums of a few hundred products a layer, added in another order: a few dozen roundings of f32.
        CHECK(((hidden - other).abs().max() / other.abs().max()).item<double>() < 64 * 1.2e-7) << b;
    }
}

CASE(gradientsOfAllWeightsAreTheFiniteDifferencesOfTheLoss) {
    TrainingOptions options = networkOptions();
    options.dtype = torch::kFloat64;
    options.absorbing = options.evidence = false; // evidence is held still: no gradient goes through it
    for (const Objective objective : {Objective::SquaredError, Objective::CrossEntropy}) {
        options.objective = objective;
        const Network network(options);
        TrainingDenoiser& trained = *network.trained;
        const TrainingWeights weights{0.7, 0.3, 0, 1};
        trained.parameters().gradients().zero_();
        trained.learn(pairDocument(), weights, 1);
        for (const char* name : {"embedding", "norm", "0.qkv", "1.output", "0.attention_norm", "1.gate_up", "0.down",
                                 "1.experts.in", "level.0.weight"}) {
            // Noise scales with the table where cross-entropy is minimised, and that is held still as well.
            if (objective == Objective::CrossEntropy && name == std::string("embedding")) continue;
            auto values = trained.parameters().part(trained.parameters().values(), name);
            torch::manual_seed(9);
            const auto direction = torch::randn(values.sizes(), torch::kFloat64);
            const auto at = [&](double step) {
                const at::NoGradGuard guard;
                values.add_(direction, step);
                const double loss = trained.evaluate(pairDocument(), weights).loss;
                values.sub_(direction, step);
                return loss;
            };
            constexpr double kStep = 1e-5; // errors of the difference: step² and 1e-16 / step
            const double slope = (at(kStep) - at(-kStep)) / (2 * kStep);
            const auto gradient = trained.parameters().part(trained.parameters().gradients(), name);
            const double expected = (gradient * direction).sum().item<double>();
            CHECK(std::abs(slope - expected) < 1e-5 * std::max(1.0, std::abs(expected))) << name << slope << expected;
        }
    }
}

} // namespace
} // namespace palimpsest::test
