#include "models/model_parts.h"

#include "kernels/torch/weight_product.h"
#include "models/sha256.h"

#include <cmath>

namespace palimpsest {
namespace {

constexpr const char* kBaseFile = "base.safetensors";
constexpr const char* kDenoiserFile = "denoiser.safetensors";
// Of the positions a base was trained on, globals are seen from half: measured better than from all (docs/performance.md).
constexpr int kTrainedShare = 2;
constexpr const char* kTokenizerFile = "tokenizer.model";

// The vocabulary of the weights must hold every token that text can turn into. Byte pieces that were appended to make
// the tokenizer complete have no row: they stand for bytes that its other pieces cover.
Result<void> checkTokenizer(const Tokenizer& tokenizer, const ModelConfig& config,
                            const std::filesystem::path& folder) {
    bool fits = tokenizer.size() >= config.vocabulary;
    for (std::int64_t id = config.vocabulary; fits && id < tokenizer.size(); ++id) fits = tokenizer.isByte(id);
    if (fits) return {};
    return Error{ErrorCode::Corrupt, "the tokenizer in " + folder.string() +
                                         " belongs to another model than the weights: import the model again"};
}

} // namespace

Model::Model(std::unique_ptr<Parts> parts) : m_parts(std::move(parts)) {}
Model::~Model() = default;

// The one place where Torch's exceptions are caught while opening; passes let them through to the engine.
Result<std::unique_ptr<Model>> Model::open(const std::filesystem::path& folder, const ModelOptions& options) try {
    const c10::InferenceMode guard;
    auto config = readModelConfig(folder);
    if (!config) return config.error();
    if (options.pattern) config->pattern = *options.pattern;
    auto tokenizer = Tokenizer::load(folder / kTokenizerFile, config->vocabulary);
    if (!tokenizer) return tokenizer.error();
    if (auto fits = checkTokenizer(*tokenizer, *config, folder); !fits) return fits.error();
    auto file = SafetensorsFile::open(folder / kBaseFile);
    if (!file) return file.error();
    auto base = Backbone::load(*file, *config, options.device, options.dtype, options.weights(), options.products);
    if (!base) return base.error();
    std::string personalDigest; // empty: nothing is stacked
    if (!options.personal.empty() && options.strength > 0) {
        auto personal = PersonalAdapters::load(options.personal, *config, options.strength);
        if (!personal) return personal.error();
        personalDigest = personal->digest();
        base->stack(*std::move(personal));
    }
    base->prepareProducts(options.products);
    Evidence evidence(base->embedding());

    ModelSummary summary;
    summary.baseParameters = base->parameters();
    summary.hash = sha256Hex(config->baseDigest + personalDigest);
    Denoiser denoiser(*base, *config, evidence.mean());
    Result<NoiseSchedule> schedule = NoiseSchedule({{0, 0}, {1, -1}});
    bool bothWays = false, withEvidence = true;
    std::error_code error;
    if (options.loadDenoiser && std::filesystem::exists(folder / kDenoiserFile, error)) {
        auto denoiserFile = SafetensorsFile::open(folder / kDenoiserFile);
        if (!denoiserFile) return denoiserFile.error();
        auto loaded = Denoiser::load(*denoiserFile, *config, *base, options.weights(), options.products);
        if (!loaded) return loaded.error();
        denoiser = *std::move(loaded);
        schedule = readSchedule(*denoiserFile);
        bothWays = denoiserFile->metadata("clean") == "both-ways";
        withEvidence = denoiserFile->metadata("evidence") != "none";
        summary.denoiserParameters = denoiser.parameters();
        summary.hash = sha256Hex(config->baseDigest + config->denoiserDigest + personalDigest);
    } else {
        schedule = readSchedule(*file);
    }
    if (!schedule) return schedule.error();
    return std::unique_ptr<Model>(new Model(std::make_unique<Parts>(
        Parts{*std::move(config), std::move(summary), *std::move(tokenizer), *std::move(base), std::move(denoiser),
              *std::move(schedule), std::move(evidence), options.dtype, options.device,
              options.device.is_cpu() ? packedRowCost(options.products.value_or(WeightType::F32)) : 0, bothWays,
              withEvidence})));
} catch (const std::bad_alloc&) {
    return Error{ErrorCode::OutOfMemory, "there is not enough memory for the model in " + folder.string()};
} catch (const c10::OutOfMemoryError&) {
    return Error{ErrorCode::OutOfMemory, "there is not enough memory for the model in " + folder.string()};
} catch (const c10::Error& e) {
    return Error{options.device.is_cpu() ? ErrorCode::Internal : ErrorCode::Device,
                 "cannot open the model in " + folder.string() + ": " + e.what_without_backtrace()};
} catch (const std::exception& e) {
    return Error{ErrorCode::Internal, "cannot open the model in " + folder.string() + ": " + e.what()};
}

const ModelConfig& Model::config() const {
    return m_parts->config;
}

const ModelSummary& Model::summary() const {
    return m_parts->summary;
}

const Tokenizer& Model::tokenizer() const {
    return m_parts->tokenizer;
}

const NoiseSchedule& Model::schedule() const {
    return m_parts->schedule;
}

bool Model::hasDenoiser() const {
    return m_parts->denoiser.parameters() > 0;
}

bool Model::hasSequentialHead() const {
    return m_parts->denoiser.sequentialHead().has_value();
}

torch::Dtype Model::dtype() const {
    return m_parts->dtype;
}

torch::Device Model::device() const {
    return m_parts->device;
}

double Model::rowCost() const {
    return m_parts->rowCost;
}

CleanContext Model::makeContext(int globals) const {
    const c10::InferenceMode guard;
    const ModelConfig& c = m_parts->config;
    SparsePattern pattern = c.pattern;
    pattern.globals = globals;
    const auto noRows = torch::empty({0, 2, c.keyHeads, c.headSize},
                                     torch::TensorOptions().dtype(m_parts->dtype).device(m_parts->device));
    return CleanContext(
        std::make_unique<CleanContext::Rows>(pattern, c.layers, c.trainedContext / kTrainedShare, noRows));
}

torch::Tensor Model::afterTokens(const torch::Tensor& hidden, std::span<const std::int64_t> before,
                                 std::span<const std::int64_t> beforeThat) const {
    const c10::InferenceMode guard;
    return behindTokens(*m_parts->denoiser.sequentialHead(), hidden, embed(before).to(hidden.scalar_type()),
                        embed(beforeThat).to(hidden.scalar_type()));
}

torch::Tensor Model::logits(const torch::Tensor& hidden) const {
    const c10::InferenceMode guard;
    return weightProduct(hidden, m_parts->base.headProduct()).to(torch::kFloat32);
}

torch::Tensor Model::frequentLogits(const torch::Tensor& hidden) const {
    const c10::InferenceMode guard;
    const PreparedWeight& head = m_parts->base.headProduct();
    return weightProduct(hidden, firstColumns(head, (head.columns + 2) / 3)).to(torch::kFloat32);
}

torch::Tensor Model::logits(const torch::Tensor& hidden, const torch::Tensor& state, const torch::Tensor& level) const {
    const c10::InferenceMode guard;
    if (!m_parts->withEvidence || !((level > 0) & (level < 1)).any().item<bool>()) return logits(hidden);
    return m_parts->evidence.logits(hidden, m_parts->base.head(), state, level, absorbing(), m_parts->schedule);
}

torch::Tensor Model::embed(std::span<const std::int64_t> ids) const {
    const c10::InferenceMode guard;
    const auto rows = torch::tensor(at::ArrayRef<std::int64_t>(ids.data(), ids.size()), torch::kInt64);
    return m_parts->base.embedding().index_select(0, rows.to(m_parts->device)).to(torch::kFloat32);
}

const torch::Tensor& Model::absorbing() const {
    return m_parts->denoiser.absorbing();
}

torch::Tensor Model::meanState(std::span<const std::int64_t> ids, double t) const {
    const c10::InferenceMode guard;
    return at::lerp(absorbing(), embed(ids), std::sqrt(m_parts->schedule.alphaBar(t)));
}

torch::Tensor Model::softState(std::span<const std::int64_t> ids, double t, const torch::Tensor& noise) const {
    const c10::InferenceMode guard;
    const double spread = std::sqrt(1 - m_parts->schedule.alphaBar(t)) * m_parts->evidence.scale();
    return meanState(ids, t).add_(noise.to(m_parts->device), spread);
}

} // namespace palimpsest
