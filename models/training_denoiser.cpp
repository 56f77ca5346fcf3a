#include "models/training_denoiser.h"

#include "models/denoiser.h"
#include "models/scratch_model.h"
#include "models/sequential_head.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace palimpsest {
namespace {

constexpr const char* kBaseFile = "base.safetensors";
constexpr std::int64_t kLevelFrequencies = 32; // cosines and sines of the level embedding, each
constexpr double kLevelOctaves = 6;            // frequencies run from 1 to e^6
constexpr std::int64_t kPrintTokens = 32;      // of a fingerprint
constexpr double kFit = 0.25;                  // relative distance up to which fingerprints agree (denoiser_fit.h)
constexpr double kRouterDeviation = 0.02;

struct Adapted {
    const char* name;
    std::int64_t rows, columns;
};

std::vector<Adapted> adaptedMatrices(const ModelConfig& c) {
    const std::int64_t queries = std::int64_t(c.heads) * c.headSize, keys = std::int64_t(c.keyHeads) * c.headSize;
    return {{"attn_q", queries, c.width},
            {"attn_k", keys, c.width},
            {"attn_v", keys, c.width},
            {"attn_output", c.width, queries}};
}

std::vector<ParameterSpec> specsOf(const ModelConfig& c, const TrainingOptions& o) {
    std::vector<ParameterSpec> specs{{"absorbing", {c.width}},
                                     {"level.0.weight", {o.levelWidth, 2 * kLevelFrequencies}},
                                     {"level.0.bias", {o.levelWidth}},
                                     {"level.2.weight", {c.width, o.levelWidth}},
                                     {"level.2.bias", {c.width}}};
    if (o.trainBase) {
        const auto base = baseSpecs(c);
        specs.insert(specs.end(), base.begin(), base.end());
    }
    if (o.objective == Objective::SquaredError) specs.push_back({"output_projection", {c.width, c.width}});
    if (o.sequentialWidth > 0) {
        specs.push_back({sequential_head::kIn, {o.sequentialWidth, 3ll * c.width}});
        specs.push_back({sequential_head::kBias, {o.sequentialWidth}});
        specs.push_back({sequential_head::kOut, {c.width, o.sequentialWidth}});
    }
    for (int l = 0; l < c.layers; ++l) {
        if (!o.layers.empty() && !std::ranges::binary_search(o.layers, l)) continue;
        const std::string at = std::to_string(l) + ".";
        for (const Adapted& matrix : adaptedMatrices(c)) {
            if (o.rank == 0) break;
            specs.push_back({at + matrix.name + ".A", {o.rank, matrix.columns}});
            specs.push_back({at + matrix.name + ".B", {matrix.rows, o.rank}});
        }
        if (o.experts == 0) continue;
        specs.push_back({at + "router", {o.experts, c.width}});
        specs.push_back({at + "experts.in", {o.experts, 2ll * o.expertWidth, c.width}});
        specs.push_back({at + "experts.out", {o.experts, c.width, o.expertWidth}});
    }
    return specs;
}

NoiseSchedule flatSchedule() {
    return NoiseSchedule({{0, -1}, {1, -2}});
}

template<class T>
std::span<const std::byte> bytesOf(const torch::Tensor& tensor) {
    return std::as_bytes(std::span(static_cast<const T*>(tensor.const_data_ptr()), std::size_t(tensor.numel())));
}

Result<void> append(SafetensorsWriter& writer, const torch::Tensor& tensor, StoredType type) {
    const auto host = tensor.detach().to(torch::kCPU);
    switch (type) {
    case StoredType::I64: return writer.append(bytesOf<std::int64_t>(host.to(torch::kInt64).contiguous()));
    case StoredType::BF16: return writer.append(bytesOf<std::uint16_t>(host.to(torch::kBFloat16).contiguous()));
    case StoredType::F16: return writer.append(bytesOf<std::uint16_t>(host.to(torch::kFloat16).contiguous()));
    case StoredType::I8: return Error{ErrorCode::Internal, "a denoiser has no int8 tensors"};
    case StoredType::F32: break;
    }
    return writer.append(bytesOf<float>(host.to(torch::kFloat32).contiguous()));
}

} // namespace

TrainingDenoiser::TrainingDenoiser(ModelConfig config, TrainingOptions options, Backbone base)
    : m_config(std::move(config)),
      m_options(std::move(options)),
      m_base(std::move(base)),
      m_evidence(m_base.embedding()),
      m_schedule(flatSchedule()),
      m_wide(m_options.dtype == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32) {
    m_parameters = std::make_unique<TrainingParameters>(specsOf(m_config, m_options), m_options.device, m_wide);
    m_frequencies = torch::exp(torch::linspace(0, kLevelOctaves, kLevelFrequencies)).to(m_options.device, m_wide);
    m_printTokens = (torch::arange(kPrintTokens) * m_config.vocabulary).floor_divide(kPrintTokens);
    m_printEmbeddings =
        m_base.embedding().index_select(0, m_printTokens.to(m_options.device)).to(torch::kCPU, torch::kFloat32);
}

// The one place where Torch's exceptions are caught while opening.
Result<std::unique_ptr<TrainingDenoiser>> TrainingDenoiser::open(const std::filesystem::path& folder,
                                                                 const TrainingOptions& options) try {
    const at::NoGradGuard guard;
    auto config = readModelConfig(folder);
    if (!config) return config.error();
    if (!options.layers.empty() && options.layers.back() >= config->layers)
        return Error{ErrorCode::InvalidArgument, "the training config's \"layers\" names layer " +
                                                     std::to_string(options.layers.back()) + ", but the base has " +
                                                     std::to_string(config->layers)};
    auto file = SafetensorsFile::open(folder / kBaseFile);
    if (!file) return file.error();
    auto base = Backbone::load(*file, *config, options.device, options.dtype, options.dtype);
    if (!base) return base.error();
    std::unique_ptr<TrainingDenoiser> denoiser(new TrainingDenoiser(*std::move(config), options, *std::move(base)));
    if (options.initial.empty()) {
        auto schedule = readSchedule(*file);
        if (!schedule) return schedule.error();
        denoiser->m_schedule = *std::move(schedule);
        denoiser->drawFresh();
        if (options.trainBase) denoiser->takeBase();
        return denoiser;
    }
    auto initial = SafetensorsFile::open(options.initial);
    if (!initial) return initial.error();
    auto schedule = readSchedule(*initial);
    if (!schedule) return schedule.error();
    denoiser->m_schedule = *std::move(schedule);
    if (auto taken = denoiser->takeInitial(*initial); !taken) return taken.error();
    return denoiser;
} catch (const std::bad_alloc&) {
    return Error{ErrorCode::OutOfMemory, "there is not enough memory to train the model in " + folder.string()};
} catch (const std::exception& e) {
    return Error{ErrorCode::Internal, "cannot train the model in " + folder.string() + ": " + e.what()};
}

bool TrainingDenoiser::adapts(int layer) const {
    return m_options.layers.empty() || std::ranges::binary_search(m_options.layers, layer);
}

int TrainingDenoiser::adaptedLayers() const {
    return m_options.layers.empty() ? m_config.layers : int(m_options.layers.size());
}

// Second matrices are zero: a fresh denoiser computes what the base does.
void TrainingDenoiser::drawFresh(std::string_view prefix) {
    auto generator = at::make_generator<at::CPUGeneratorImpl>(m_options.seed);
    for (const ParameterSpec& spec : m_parameters->specs()) {
        const bool zero = spec.shape.size() == 1 || spec.name.ends_with(".B") || spec.name.ends_with("experts.out") ||
                          spec.name == "level.2.weight" || spec.name == sequential_head::kOut;
        if (zero || !spec.name.starts_with(prefix)) continue;
        const double deviation =
            spec.name.ends_with("router") ? kRouterDeviation : 1 / std::sqrt(double(spec.shape.back()));
        const auto drawn = torch::randn(spec.shape, generator, torch::kFloat32).mul_(deviation);
        m_parameters->part(m_parameters->values(), spec.name).copy_(drawn);
    }
    if (m_options.absorbing && prefix.empty())
        m_parameters->part(m_parameters->values(), "absorbing").copy_(m_evidence.mean());
}

void TrainingDenoiser::takeBase() {
    const auto take = [this](const std::string& name, const torch::Tensor& read) {
        m_parameters->part(m_parameters->values(), name).copy_(read);
    };
    take("embedding", m_base.embedding());
    take("norm", m_base.finalNorm());
    for (int l = 0; l < m_config.layers; ++l) {
        const BackboneLayer& layer = m_base.layer(l);
        const std::string at = std::to_string(l) + ".";
        take(at + "attention_norm", layer.attentionNorm);
        take(at + "qkv", layer.qkv.floats());
        take(at + "output", layer.output.floats());
        take(at + "feed_forward_norm", layer.feedForwardNorm);
        take(at + "gate_up", layer.gateUp.floats());
        take(at + "down", layer.down.floats());
    }
    m_base.replace([this](const std::string& name) { return m_parameters->at(name); });
}

Result<void> TrainingDenoiser::takeInitial(const SafetensorsFile& file) {
    const std::string name = file.file()->path().string();
    StoredWeights weights(file, torch::kCPU, torch::kFloat32);
    if (weights.has("base.tokens") && weights.has("base.embedding")) {
        const auto* tokens = file.find("base.tokens");
        const auto count = std::int64_t(tokens->bytes.size() / sizeof(std::int64_t));
        const auto ids = torch::from_blob(const_cast<std::byte*>(tokens->bytes.data()), {count}, torch::kInt64).clone();
        const auto print = weights.readFloat("base.embedding", {count, m_config.width});
        const bool known = (ids >= 0).logical_and(ids < m_config.vocabulary).all().item<bool>();
        if (!weights.error()) return weights.error();
        const auto own = known ? m_base.embedding().index_select(0, ids.to(m_options.device)).to(print) : print * 2;
        if ((own - print).norm().item<double>() > kFit * print.norm().item<double>())
            return Error{ErrorCode::Unsupported, name + " was trained for another base"};
        m_printTokens = ids;
        m_printEmbeddings = print;
    }
    const bool sequential = file.find(sequential_head::kIn) != nullptr;
    if (!sequential) drawFresh("sequential."); // one can be learnt for a denoiser that has none
    for (const ParameterSpec& spec : m_parameters->specs()) {
        if (!sequential && spec.name.starts_with("sequential.")) continue;
        const StoredTensor* stored = file.find(spec.name);
        if (!stored || stored->shape != spec.shape)
            return Error{
                ErrorCode::InvalidArgument,
                name +
                    (stored ? " has \"" + spec.name + "\" of another size than" : " lacks \"" + spec.name + "\" of") +
                    " the training config: give its own rank, experts, widths and layers"};
        m_parameters->part(m_parameters->values(), spec.name).copy_(weights.readFloat(spec.name, spec.shape));
    }
    for (const auto& [stored, tensor] : file.tensors())
        if (!m_parameters->has(stored) && stored != "schedule" && !stored.starts_with("base."))
            return Error{ErrorCode::InvalidArgument, name + " has \"" + stored + "\", which the training config " +
                                                         "leaves out: give its own rank, experts, widths and layers"};
    return {};
}

Result<void> TrainingDenoiser::write(const std::filesystem::path& path, const torch::Tensor& values, std::int64_t step,
                                     StoredType type) const {
    std::vector<TensorEntry> entries{{"base.tokens", StoredType::I64, {m_printTokens.size(0)}},
                                     {"base.embedding", StoredType::F32, m_printEmbeddings.sizes().vec()},
                                     {"schedule", StoredType::F32, {std::int64_t(m_schedule.rows().size()), 2}}};
    std::vector<float> rows;
    for (const NoiseSchedule::Row& row : m_schedule.rows())
        rows.insert(rows.end(), {float(row.t), float(row.logAlphaBar)});
    std::vector<torch::Tensor> tensors{m_printTokens, m_printEmbeddings, torch::tensor(rows)};
    std::set<std::string> elsewhere; // in base.safetensors
    if (m_options.trainBase)
        for (const ParameterSpec& spec : baseSpecs(m_config)) elsewhere.insert(spec.name);
    for (const ParameterSpec& spec : m_parameters->specs()) {
        if (elsewhere.contains(spec.name)) continue;
        const bool small = spec.shape.size() < 2 || spec.name.starts_with("level.");
        entries.push_back({spec.name, small ? StoredType::F32 : type, spec.shape});
        tensors.push_back(m_parameters->part(values, spec.name));
    }
    const SparsePattern& p = m_options.pattern;
    auto writer = SafetensorsWriter::create(path, entries,
                                            {{"format", "palimpsest-denoiser"},
                                             {"format_version", "1"},
                                             {"base", m_config.name},
                                             {"window", std::to_string(p.window)},
                                             {"dilation", std::to_string(p.dilation)},
                                             {"dilated_count", std::to_string(p.count)},
                                             {"globals", std::to_string(p.globals)},
                                             {"gamma", torch::str(m_options.gamma)},
                                             {"top_k", std::to_string(m_options.expertsPerToken)},
                                             {"clean", m_options.bothWays ? "both-ways" : "causal"},
                                             {"evidence", m_options.evidence ? "added" : "none"},
                                             {"absorbing", m_options.absorbing ? "soft" : "none"},
                                             {"target_tokens", std::to_string(m_options.targetTokens)},
                                             {"step", std::to_string(step)}});
    if (!writer) return writer.error();
    for (std::size_t i = 0; i < tensors.size(); ++i)
        if (auto done = append(*writer, tensors[i], entries[i].type); !done) return done;
    return writer->finish();
}

Result<void> TrainingDenoiser::writeModel(const std::filesystem::path& folder, const torch::Tensor& values,
                                          std::int64_t step, const std::filesystem::path& tokenizer) const {
    const auto pending = std::filesystem::path(folder) += ".part";
    std::error_code error;
    std::filesystem::remove_all(pending, error);
    std::filesystem::create_directories(pending, error);
    if (!error) std::filesystem::copy_file(tokenizer, pending / "tokenizer.model", error);
    if (error) return Error{ErrorCode::Io, "cannot write " + pending.string() + ": " + error.message()};
    if (auto done = write(pending / "denoiser.safetensors", values, step, StoredType::F32); !done) return done;
    const auto tensor = [&](const std::string& name) { return m_parameters->part(values, name); };
    if (auto done = writeBaseFolder(pending, m_config, tensor, m_schedule, true); !done) return done;
    std::filesystem::remove_all(folder, error);
    std::filesystem::rename(pending, folder, error);
    if (error) return Error{ErrorCode::Io, "cannot write " + folder.string() + ": " + error.message()};
    return {};
}

} // namespace palimpsest
