#include "engine/commands/bench_step.h"

#include "engine/inference/model_options.h"
#include "engine/inference/torch_errors.h"
#include "models/backbone.h"
#include "models/context_cache.h"
#include "models/safetensors.h"

#include <ATen/Parallel.h>
#include <algorithm>
#include <chrono>
#include <map>

namespace palimpsest {
namespace {

using Clock = std::chrono::steady_clock;

template<class Work>
double medianMs(int runs, const Work& work) {
    std::vector<double> times;
    work(); // the first run pays for memory and caches
    for (int i = 0; i < runs; ++i) {
        const auto begin = Clock::now();
        work();
        times.push_back(std::chrono::duration<double, std::milli>(Clock::now() - begin).count());
    }
    std::nth_element(times.begin(), times.begin() + runs / 2, times.end());
    return times[std::size_t(runs) / 2];
}

// The matrices of one layer of the noised stream, as the model fuses them, of the experts as many as a row takes:
// random, of the right shapes and type.
struct LayerProducts {
    std::vector<PreparedWeight> weights; // (N, K) each
};

std::vector<LayerProducts> makeProducts(const Model& model, const ModelOptions& options, const std::string& folder) {
    const ModelConfig& c = model.config();
    const std::int64_t width = c.width, keys = std::int64_t(c.keyHeads) * c.headSize;
    const std::int64_t heads = std::int64_t(c.heads) * c.headSize;
    std::vector<std::pair<std::int64_t, std::int64_t>> shapes{
        {heads + 2 * keys, width}, {width, heads}, {2 * c.feedForward, width}, {width, c.feedForward}};
    const Result<SafetensorsFile> denoiser = SafetensorsFile::open(folder + "/denoiser.safetensors");
    if (const StoredTensor* in = denoiser ? denoiser->find("0.experts.in") : nullptr) { // (E, 2W, D)
        const std::int64_t active = std::min<std::int64_t>(c.expertsPerToken, in->shape[0]) * in->shape[1];
        shapes.emplace_back(active, width);
        shapes.emplace_back(width, active / 2);
    }
    std::vector<LayerProducts> layers(std::size_t(c.layers));
    const auto type = torch::TensorOptions().device(options.device).dtype(options.weights());
    for (LayerProducts& layer : layers)
        for (const auto& [rows, columns] : shapes)
            layer.weights.push_back(readyProduct(torch::randn({rows, columns}, type), options.products));
    return layers;
}

double productsMs(const Model& model, const ModelOptions& options, const StepBenchOptions& bench) {
    const std::vector<LayerProducts> layers = makeProducts(model, options, bench.folder);
    const auto type = torch::TensorOptions().device(options.device).dtype(options.dtype);
    std::map<std::int64_t, torch::Tensor> inputs; // by their columns
    for (const PreparedWeight& weight : layers[0].weights)
        inputs.try_emplace(weight.k, torch::randn({bench.block + 1, weight.k}, type));
    return medianMs(bench.runs, [&] {
        torch::Tensor last;
        for (const LayerProducts& layer : layers)
            for (const PreparedWeight& weight : layer.weights) last = weightProduct(inputs.at(weight.k), weight);
        (void)last.flatten()[0].item<float>(); // waits for a GPU
    });
}

NoisedBlock absorbedBlock(const Model& model, const CleanContext& context, std::int64_t anchor, int size) {
    return {&context, anchor, context.length(), model.absorbing().expand({size, -1}).contiguous(), torch::ones({size})};
}

void step(const Model& model, const NoisedBlock& block) {
    (void)model.noised({&block, 1})[0].flatten()[0].item<float>();
}

// Time from a changed text to the first step of a draft, in ms.
double firstStepMs(const Model& model, ContextCache& cache, const std::vector<std::int64_t>& ids, int block) {
    const auto begin = Clock::now();
    (void)cache.advance(ids, model.config().pattern.globals, {});
    step(model, absorbedBlock(model, cache.context(), ids.back(), block));
    return std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
}

void measureContext(const Model& model, const StepBenchOptions& options, StepBench& result) {
    std::vector<std::int64_t> ids = model.tokenizer().encode(benchText(std::size_t(options.context) * 8));
    ids.resize(std::min(ids.size(), std::size_t(options.context)));
    ContextCache cache(model);
    result.freshFirstMs = firstStepMs(model, cache, ids, options.block);
    result.stepMs =
        medianMs(options.runs, [&] { step(model, absorbedBlock(model, cache.context(), ids.back(), options.block)); });
    result.prefillSeconds = (result.freshFirstMs - result.stepMs) / 1e3;
    // The paragraph before the last one: its first word is another.
    const std::size_t edited = ids.size() - std::min<std::size_t>(ids.size() / 2, 160);
    std::vector<double> times;
    for (int i = 0; i < 5; ++i) {
        ids[edited] = ids[edited + std::size_t(i) + 1];
        times.push_back(firstStepMs(model, cache, ids, options.block));
    }
    result.editedTokens = int(cache.lastComputed());
    std::nth_element(times.begin(), times.begin() + 2, times.end());
    result.editFirstMs = times[2];
}

} // namespace

std::string benchText(std::size_t bytes) {
    constexpr std::string_view kParagraph =
        "The house stood at the end of a long lane, and nobody had lived in it for eleven years. When the rain came "
        "from the west the gutters filled and ran over, and in the kitchen a bowl that somebody had left beneath the "
        "window caught one drop in three. Martha came up the lane on a Tuesday, with a key that did not fit and a "
        "letter that said it would.\n\n";
    std::string text;
    while (text.size() < bytes) text += kParagraph;
    return text;
}

Result<StepBench> benchStep(const StepBenchOptions& options) {
    const Result<DeviceChoice> choice = chooseDevice(options.device, "auto", options.threads);
    if (!choice) return choice.error();
    try {
        const torch::InferenceMode noGradients;
        at::set_num_threads(choice->info.threads);
        const ModelOptions modelOptions = modelOptionsOf(*choice);
        const Result<std::unique_ptr<Model>> model = Model::open(options.folder, modelOptions);
        if (!model) return model.error();
        StepBench result;
        result.device = choice->info;
        measureContext(**model, options, result);
        result.productsMs = productsMs(**model, modelOptions, options);
        return result;
    } catch (const std::exception& exception) {
        return errorOf(exception, choice->info.device);
    }
}

} // namespace palimpsest
