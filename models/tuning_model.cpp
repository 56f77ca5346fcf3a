#include "models/tuning_model.h"

#include "kernels/torch/sparse_attention.h"
#include "models/training_loss.h"

#include <cmath>

namespace palimpsest {
namespace {

std::vector<ParameterSpec> specsOf(const ModelConfig& config, int rank) {
    std::vector<ParameterSpec> specs;
    for (int l = 0; l < config.layers; ++l)
        for (const char* name : kPersonalMatrices) {
            const auto [rows, columns] = personalShape(config, name);
            const std::string at = std::to_string(l) + "." + name;
            specs.push_back({at + ".A", {rank, columns}});
            specs.push_back({at + ".B", {rows, rank}});
        }
    return specs;
}

HeadLossInput lossInput(torch::Tensor hidden, std::span<const std::int64_t> ids, torch::ScalarType wide) {
    const auto rows = std::int64_t(ids.size()) - 1;
    const auto options = torch::TensorOptions().dtype(wide).device(hidden.device());
    HeadLossInput in;
    in.hidden = std::move(hidden);
    in.pull = torch::zeros({rows, in.hidden.size(1)}, options); // a clean token carries no evidence
    in.shrink = torch::zeros({rows}, options);
    in.targets = torch::tensor(std::vector<std::int64_t>(ids.begin() + 1, ids.end()), torch::kInt64);
    in.targets = in.targets.to(in.hidden.device());
    in.crossEntropyWeight = torch::full({rows}, 1.0 / double(rows), options);
    return in;
}

} // namespace

TuningModel::TuningModel(ModelConfig config, const TuningOptions& options, Backbone base)
    : m_config(std::move(config)),
      m_options(options),
      m_base(std::move(base)),
      m_wide(options.dtype == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32),
      m_halfNorms(Evidence(m_base.embedding()).halfNorms()),
      m_parameters(specsOf(m_config, options.rank), options.device, m_wide) {
    const at::NoGradGuard guard;
    auto generator = at::make_generator<at::CPUGeneratorImpl>(options.seed);
    for (const ParameterSpec& spec : m_parameters.specs()) {
        if (!spec.name.ends_with(".A")) continue;
        const auto drawn = torch::randn(spec.shape, generator, torch::kFloat32);
        m_parameters.part(m_parameters.values(), spec.name).copy_(drawn / std::sqrt(double(spec.shape.back())));
    }
}

// The one place where Torch's exceptions are caught while opening.
Result<std::unique_ptr<TuningModel>> TuningModel::open(const std::filesystem::path& folder,
                                                       const TuningOptions& options) try {
    const at::NoGradGuard guard;
    auto config = readModelConfig(folder);
    if (!config) return config.error();
    auto file = SafetensorsFile::open(folder / "base.safetensors");
    if (!file) return file.error();
    auto base = Backbone::load(*file, *config, options.device, options.dtype, options.dtype);
    if (!base) return base.error();
    return std::unique_ptr<TuningModel>(new TuningModel(*std::move(config), options, *std::move(base)));
} catch (const std::bad_alloc&) {
    return Error{ErrorCode::OutOfMemory, "there is not enough memory to tune the model in " + folder.string()};
} catch (const std::exception& e) {
    return Error{ErrorCode::Internal, "cannot tune the model in " + folder.string() + ": " + e.what()};
}

torch::Tensor TuningModel::normed(const torch::Tensor& x, const torch::Tensor& weight) const {
    return at::rms_norm(x, {weight.size(0)}, weight, m_config.normEpsilon);
}

// x (L, in) -> (L, out): the matrix with what was learnt.
torch::Tensor TuningModel::product(const torch::Tensor& x, int layer, const char* name,
                                   const StoredMatrix& matrix) const {
    const std::string at = std::to_string(layer) + "." + name;
    const auto inward = m_parameters.at(at + ".A").to(m_options.dtype);
    const auto outward = m_parameters.at(at + ".B").to(m_options.dtype);
    return at::linear(x, matrix.floats()) + at::linear(at::linear(x, inward), outward);
}

// Normed input h (L, D) -> attention (L, H K). rotation (L, 1, K / 2) complex: interleaved pairs are complex numbers as
// they lie in memory; complex products exist in f32 and f64.
torch::Tensor TuningModel::attended(const torch::Tensor& h, int layer, const torch::Tensor& rotation) const {
    const std::int64_t heads = m_config.heads, keyHeads = m_config.keyHeads, length = h.size(0);
    const auto qkv =
        product(h, layer, "qkv", m_base.layer(layer).qkv).unflatten(1, {heads + 2 * keyHeads, m_config.headSize});
    const auto pairs = qkv.narrow(1, 0, heads + keyHeads).to(m_wide).unflatten(2, {m_config.headSize / 2, 2});
    const auto turned =
        at::view_as_real(at::view_as_complex(pairs.contiguous()) * rotation).flatten(2).to(m_options.dtype);
    const AttentionRows rows{turned.narrow(1, heads, keyHeads).contiguous(),
                             qkv.narrow(1, heads + keyHeads, keyHeads).contiguous(), torch::arange(length),
                             m_config.pattern, layer};
    const AttentionRun all{0, length};
    return sparseAttention(turned.narrow(1, 0, heads).contiguous(), rows, std::span(&all, 1)).output.flatten(1);
}

torch::Tensor TuningModel::run(std::span<const std::int64_t> ids) const {
    const auto length = std::int64_t(ids.size());
    const auto rows = torch::tensor(at::ArrayRef<std::int64_t>(ids.data(), ids.size()), torch::kInt64);
    const auto positions = torch::arange(length).to(m_options.device, torch::kFloat32);
    const auto angles = at::outer(positions, m_base.turnRates()).to(m_wide);
    const auto rotation = at::polar(torch::ones_like(angles), angles).unsqueeze(1);
    auto x = m_base.embedding().index_select(0, rows.to(m_options.device)); // (L, D)
    for (int l = 0; l < m_config.layers; ++l) {
        const BackboneLayer& layer = m_base.layer(l);
        x = x + product(attended(normed(x, layer.attentionNorm), l, rotation), l, "output", layer.output);
        const auto both = product(normed(x, layer.feedForwardNorm), l, "gate_up", layer.gateUp).chunk(2, 1);
        x = x + product(at::silu(both[0]) * both[1], l, "down", layer.down);
    }
    return normed(x, m_base.finalNorm());
}

double TuningModel::learn(std::span<const std::int64_t> ids, double scale) {
    const auto hidden = run(ids).narrow(0, 0, std::int64_t(ids.size()) - 1);
    const HeadLossInput in = lossInput(hidden, ids, m_wide);
    const HeadLoss loss = headLoss(in, m_base.head(), m_base.embedding(), m_halfNorms, true);
    torch::autograd::backward({hidden}, {loss.hiddenGradient * scale});
    return loss.crossEntropy.mean().item<double>();
}

double TuningModel::evaluate(std::span<const std::int64_t> ids) const {
    const at::NoGradGuard guard;
    const auto hidden = run(ids).narrow(0, 0, std::int64_t(ids.size()) - 1);
    const HeadLossInput in = lossInput(hidden, ids, m_wide);
    return headLoss(in, m_base.head(), m_base.embedding(), m_halfNorms, false).crossEntropy.sum().item<double>();
}

torch::Tensor TuningModel::hidden(std::span<const std::int64_t> ids) const {
    const at::NoGradGuard guard;
    return run(ids);
}

Result<void> TuningModel::write(const std::filesystem::path& path, const torch::Tensor& values,
                                std::map<std::string, std::string> notes) const {
    notes["format"] = "palimpsest-personal";
    notes["format_version"] = "1";
    notes["base"] = m_config.name;
    notes["base_sha256"] = m_config.baseDigest;
    notes["denoiser_sha256"] = m_config.denoiserDigest;
    std::vector<TensorEntry> entries;
    for (const ParameterSpec& spec : m_parameters.specs()) entries.push_back({spec.name, StoredType::BF16, spec.shape});
    auto writer = SafetensorsWriter::create(path, entries, notes);
    if (!writer) return writer.error();
    for (const TensorEntry& entry : entries) {
        const auto host = m_parameters.part(values, entry.name).detach().to(torch::kCPU, torch::kBFloat16).contiguous();
        const std::span<const std::byte> bytes(static_cast<const std::byte*>(host.const_data_ptr()), entry.bytes());
        if (auto done = writer->append(bytes); !done) return done;
    }
    return writer->finish();
}

} // namespace palimpsest
