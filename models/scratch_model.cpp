#include "models/scratch_model.h"

#include "models/calibrate.h"
#include "models/safetensors.h"
#include "models/sha256.h"
#include "models/tokenizer.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace palimpsest {
namespace {

namespace fs = std::filesystem;

constexpr int kScheduleRows = 201;
constexpr double kLeastAlphaBar = 1e-5, kEarliest = 1e-4; // at t = 1, and the offset DiffuSeq begins with

Result<std::string> digestOf(const fs::path& path) {
    const auto file = SafetensorsFile::open(path);
    if (!file) return file.error();
    Sha256 digest;
    digest.add(file->data());
    return digest.hex();
}

Result<void> writeBase(const fs::path& path, const std::vector<ParameterSpec>& specs,
                       const std::function<torch::Tensor(const std::string&)>& tensor, const NoiseSchedule& schedule) {
    std::vector<TensorEntry> entries;
    for (const ParameterSpec& spec : specs) entries.push_back({spec.name, StoredType::F32, spec.shape});
    entries.push_back({"schedule", StoredType::F32, {std::int64_t(schedule.rows().size()), 2}});
    auto writer = SafetensorsWriter::create(path, entries, {});
    if (!writer) return writer.error();
    const auto append = [&](const torch::Tensor& values) {
        const auto host = values.detach().to(torch::kCPU, torch::kFloat32).contiguous();
        return writer->append(std::as_bytes(std::span(host.const_data_ptr<float>(), std::size_t(host.numel()))));
    };
    for (const ParameterSpec& spec : specs)
        if (auto done = append(tensor(spec.name)); !done) return done;
    std::vector<float> rows;
    for (const auto& [t, logAlphaBar] : schedule.rows()) rows.insert(rows.end(), {float(t), float(logAlphaBar)});
    if (auto done = append(torch::tensor(rows)); !done) return done;
    return writer->finish();
}

Result<ModelConfig> configOf(const ScratchSizes& sizes, const Tokenizer& tokenizer) {
    if (sizes.width % (2 * sizes.heads) != 0)
        return Error{ErrorCode::InvalidArgument,
                     "the training config's \"width\" must be a multiple of twice its \"heads\""};
    ModelConfig c;
    c.name = "scratch";
    c.layers = sizes.layers;
    c.width = sizes.width;
    c.heads = c.keyHeads = sizes.heads;
    c.headSize = sizes.width / sizes.heads;
    c.feedForward = sizes.feedForward;
    c.vocabulary = tokenizer.size();
    c.trainedContext = sizes.context;
    c.pattern = sizes.pattern;
    c.gamma = sizes.gamma;
    c.expertsPerToken = sizes.expertsPerToken;
    for (int id = 0; id < tokenizer.size(); ++id)
        if (tokenizer.isControl(id)) c.neverSampled.push_back(id);
    return c;
}

// Output matrices are smaller, so that the sum over the layers keeps the scale of one (GPT-2's).
torch::Tensor fresh(const ParameterSpec& spec, const ScratchSizes& sizes, at::Generator generator) {
    if (spec.shape.size() == 1) return torch::ones(spec.shape);
    double deviation = 1 / std::sqrt(double(spec.shape.back()));
    if (spec.name == "embedding" && sizes.embeddingDeviation > 0) deviation = sizes.embeddingDeviation;
    if (spec.name.ends_with(".output") || spec.name.ends_with(".down")) deviation /= std::sqrt(2.0 * sizes.layers);
    return torch::randn(spec.shape, generator, torch::kFloat32).mul_(deviation);
}

// All tokens alike: nothing is known of which will be frequent.
NoiseSchedule calibrated(const torch::Tensor& embedding, std::uint64_t seed) {
    std::vector<std::int64_t> ids(std::size_t(embedding.size(0)));
    std::iota(ids.begin(), ids.end(), std::int64_t(0));
    CalibrationOptions options;
    options.seed = seed;
    return NoiseSchedule(calibrateSchedule(embedding, ids, options));
}

} // namespace

NoiseSchedule squareRootSchedule() {
    std::vector<NoiseSchedule::Row> rows;
    for (int i = 0; i < kScheduleRows; ++i) {
        const double t = double(i) / (kScheduleRows - 1);
        rows.push_back({t, std::log(std::max(kLeastAlphaBar, 1 - std::sqrt(t + kEarliest)))});
    }
    return NoiseSchedule(std::move(rows));
}

std::vector<ParameterSpec> baseSpecs(const ModelConfig& c) {
    const std::int64_t inner = std::int64_t(c.heads) * c.headSize, keys = std::int64_t(c.keyHeads) * c.headSize;
    std::vector<ParameterSpec> specs{{"embedding", {c.vocabulary, c.width}}, {"norm", {c.width}}};
    for (int l = 0; l < c.layers; ++l) {
        const std::string at = std::to_string(l) + ".";
        specs.push_back({at + "attention_norm", {c.width}});
        specs.push_back({at + "qkv", {inner + 2 * keys, c.width}});
        specs.push_back({at + "output", {c.width, inner}});
        specs.push_back({at + "feed_forward_norm", {c.width}});
        specs.push_back({at + "gate_up", {2ll * c.feedForward, c.width}});
        specs.push_back({at + "down", {c.width, c.feedForward}});
    }
    return specs;
}

Result<void> writeBaseFolder(const fs::path& folder, ModelConfig config,
                             const std::function<torch::Tensor(const std::string&)>& tensor,
                             const NoiseSchedule& schedule, bool denoiser) {
    if (auto done = writeBase(folder / "base.safetensors", baseSpecs(config), tensor, schedule); !done) return done;
    auto digest = digestOf(folder / "base.safetensors");
    if (!digest) return digest.error();
    config.baseDigest = *digest;
    config.denoiserDigest.clear();
    if (denoiser) {
        digest = digestOf(folder / "denoiser.safetensors");
        if (!digest) return digest.error();
        config.denoiserDigest = *digest;
    }
    return writeModelConfig(config, folder);
}

Result<void> makeScratchModel(const fs::path& folder, const ScratchSizes& sizes, const fs::path& tokenizerFile) {
    std::error_code error;
    if (fs::exists(folder / "model.json", error)) return {}; // written last
    const auto tokenizer = Tokenizer::load(tokenizerFile);
    if (!tokenizer) return tokenizer.error();
    auto config = configOf(sizes, *tokenizer);
    if (!config) return config.error();
    fs::create_directories(folder, error);
    if (!error) fs::copy_file(tokenizerFile, folder / "tokenizer.model", fs::copy_options::overwrite_existing, error);
    if (error) return Error{ErrorCode::Io, "cannot write " + folder.string() + ": " + error.message()};
    auto generator = at::make_generator<at::CPUGeneratorImpl>(sizes.seed);
    std::map<std::string, torch::Tensor> weights;
    for (const ParameterSpec& spec : baseSpecs(*config)) weights[spec.name] = fresh(spec, sizes, generator);
    const auto tensor = [&](const std::string& name) { return weights.at(name); };
    return writeBaseFolder(folder, *config, tensor,
                           sizes.calibrated ? calibrated(weights.at("embedding"), sizes.seed) : squareRootSchedule(),
                           false);
}

} // namespace palimpsest
