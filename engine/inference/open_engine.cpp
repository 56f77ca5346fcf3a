// openEngine() and installedModels() of engine/api/engine.h.
#include "engine/api/engine.h"
#include "engine/base/log.h"
#include "engine/base/paths.h"
#include "engine/inference/local_engine.h"
#include "engine/inference/model_options.h"
#include "engine/inference/torch_errors.h"
#include "models/safetensors.h"

#include <ATen/Parallel.h>
#include <algorithm>

namespace fs = std::filesystem;

namespace palimpsest {
namespace {

constexpr const char* kPreferredModel = "smollm2-135m-instruct";

std::int64_t parameterCount(const fs::path& file) {
    const Result<SafetensorsFile> weights = SafetensorsFile::open(file);
    if (!weights) return 0;
    std::int64_t count = 0;
    for (const auto& [name, tensor] : weights->tensors()) {
        std::int64_t elements = 1;
        for (const std::int64_t size : tensor.shape) elements *= size;
        count += elements;
    }
    return count;
}

ModelInfo describe(const fs::path& folder, const ModelConfig& config) {
    std::error_code error;
    ModelInfo info;
    info.name = config.name.empty() ? folder.filename().string() : config.name;
    info.path = fs::absolute(folder, error).string();
    info.family = config.family;
    info.layers = config.layers;
    info.width = config.width;
    info.vocabulary = config.vocabulary;
    return info;
}

// Folders under modelsFolder() that hold a model; the preferred one first, the others by name.
std::vector<ModelInfo> modelsOnDisk() {
    std::vector<ModelInfo> models;
    std::error_code error;
    for (fs::directory_iterator at(modelsFolder(), error), end; !error && at != end; at.increment(error)) {
        const Result<ModelConfig> config = readModelConfig(at->path());
        if (!config) continue;
        ModelInfo info = describe(at->path(), *config);
        info.parameters = parameterCount(at->path() / "base.safetensors");
        info.denoiserParameters = parameterCount(at->path() / "denoiser.safetensors");
        if (info.parameters > 0) models.push_back(std::move(info));
    }
    const auto rank = [](const ModelInfo& info) {
        const std::string folder = fs::path(info.path).filename().string();
        return std::pair(folder != kPreferredModel, folder);
    };
    std::sort(models.begin(), models.end(), [&](const ModelInfo& a, const ModelInfo& b) { return rank(a) < rank(b); });
    models.resize(std::min(models.size(), kMaxModels));
    return models;
}

Result<std::string> modelFolder(const EngineOptions& options) {
    if (!options.model.empty()) return options.model;
    const std::vector<ModelInfo> models = modelsOnDisk();
    if (models.empty())
        return Error{ErrorCode::NotFound, "No model is installed: run installer/build, or import one with "
                                          "\"palimpsest-engine import --gguf FILE --out " +
                                              (modelsFolder() / "NAME").string() + "\"."};
    return models.front().path;
}

Result<std::unique_ptr<Engine>> openOn(const DeviceChoice& choice, const std::string& folder,
                                       const EngineOptions& options) {
    try {
        at::set_num_threads(choice.info.threads);
        ModelOptions wanted = modelOptionsOf(choice);
        wanted.personal = options.personal;
        wanted.strength = options.strength;
        Result<std::unique_ptr<Model>> model = Model::open(folder, wanted);
        if (!model) return model.error();
        if (const auto denoiser = SafetensorsFile::open(fs::path(folder) / "denoiser.safetensors");
            denoiser && denoiser->metadata("clean") == "both-ways")
            return Error{ErrorCode::Unsupported,
                         "The model in \"" + folder + "\" was trained on pairs: it cannot continue a text."};
        ModelInfo info = describe(folder, (*model)->config());
        info.parameters = (*model)->summary().baseParameters;
        info.denoiserParameters = (*model)->summary().denoiserParameters;
        info.hash = (*model)->summary().hash;
        info.personal = options.personal;
        info.strength = options.personal.empty() ? 0 : options.strength;
        return std::unique_ptr<Engine>(new LocalEngine(std::move(*model), std::move(info), choice.info));
    } catch (const std::exception& exception) {
        return errorOf(exception, choice.info.device);
    }
}

} // namespace

Result<std::unique_ptr<Engine>> openEngine(const EngineOptions& options) {
    const Result<std::string> folder = modelFolder(options);
    if (!folder) return folder.error();
    if (!(options.strength >= 0 && options.strength <= 1.5))
        return Error{ErrorCode::InvalidArgument, "The strength of a personal file must lie within 0 and 1.5."};
    const Result<DeviceChoice> choice = chooseDevice(options.device, options.dtype, options.threads);
    if (!choice) return choice.error();
    Result<std::unique_ptr<Engine>> engine = openOn(*choice, *folder, options);
    const bool gpuFailed = !engine && choice->cudaIndex >= 0 &&
                           (engine.error().code == ErrorCode::Device || engine.error().code == ErrorCode::OutOfMemory);
    if (!gpuFailed) return engine;
    logLine("falling back to the CPU: " + engine.error().message);
    Result<DeviceChoice> cpu = chooseDevice("cpu", options.dtype, options.threads);
    if (!cpu) return cpu.error();
    cpu->info.why = engine.error().code == ErrorCode::OutOfMemory
                        ? "The CPU, because the GPU has too little memory for this model."
                        : "The CPU, because the GPU failed while the model was loaded.";
    return openOn(*cpu, *folder, options);
}

EngineInfo installedModels(const std::string& device) {
    EngineInfo info;
    info.version = PALIMPSEST_VERSION;
    info.models = modelsOnDisk();
    if (!info.models.empty()) info.defaultModel = info.models.front().path;
    if (const Result<DeviceChoice> choice = chooseDevice(device, "auto", 0); choice) info.device = choice->info;
    return info;
}

} // namespace palimpsest
