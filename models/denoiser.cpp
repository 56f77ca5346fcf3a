#include "models/denoiser.h"

#include "kernels/torch/weight_product.h"

namespace palimpsest {
namespace {

constexpr std::int64_t kLevelFrequencies = 32; // cosines and sines of the level embedding, each
constexpr double kLevelOctaves = 6;            // frequencies run from 1 to e^6

// Adds the product of a rank-R adapter to rows of a matrix: B (rows, R) A (R, in).
void merge(StoredWeights& weights, const std::string& name, torch::Tensor rows) {
    if (!weights.has(name + ".A")) return;
    const auto inward = weights.readFloat(name + ".A", {-1, rows.size(1)});
    const auto outward = weights.readFloat(name + ".B", {rows.size(0), inward.size(0)});
    if (weights.error()) rows.addmm_(outward.to(rows.device()), inward.to(rows.device()));
}

ExpertWeights readExperts(StoredWeights& weights, const std::string& at, const ModelConfig& c) {
    const auto inward = weights.read(at + "experts.in", {-1, -1, c.width}); // (E, 2W, D)
    const std::int64_t experts = inward.size(0), width = inward.size(1) / 2;
    const auto outward = weights.read(at + "experts.out", {experts, c.width, width}); // (E, D, W)
    return {weights.read(at + "router", {experts, c.width}), inward.reshape({experts * inward.size(1), c.width}),
            outward.transpose(0, 1).reshape({c.width, experts * width}), experts,
            std::min<std::int64_t>(c.expertsPerToken, experts)};
}

PreparedExperts ready(const ExpertWeights& weights, ProductType type) {
    if (type) return prepareExperts(weights, *type);
    return {WeightType::F32, weights.experts, weights.perToken, weights.width(), {}, {}, {}, weights};
}

SequentialHead readSequentialHead(StoredWeights& weights, StoredWeights& floats, const ModelConfig& c,
                                  ProductType products) {
    const auto in = weights.read(sequential_head::kIn, {-1, 3 * c.width});
    const auto out = weights.read(sequential_head::kOut, {c.width, in.size(0)});
    const auto product = [&](const torch::Tensor& matrix) {
        return [ready = readyProduct(matrix, products)](const torch::Tensor& x) { return weightProduct(x, ready); };
    };
    return {product(in), product(out), floats.read(sequential_head::kBias, {in.size(0)})};
}

} // namespace

Denoiser::Denoiser(const Backbone& base, const ModelConfig& config, torch::Tensor absorbing)
    : m_absorbing(std::move(absorbing)) {
    for (int l = 0; l < config.layers; ++l)
        m_layers.push_back({base.products(l).qkv, base.products(l).output, std::nullopt});
}

Result<Denoiser> Denoiser::load(const SafetensorsFile& file, const ModelConfig& c, const Backbone& base,
                                torch::ScalarType weightDtype, ProductType products) {
    const torch::Device device = base.embedding().device();
    StoredWeights weights(file, device, weightDtype), floats(file, device, torch::kFloat32);
    Denoiser d(base, c, floats.read("absorbing", {c.width}));
    d.m_inWeight = floats.read("level.0.weight", {-1, 2 * kLevelFrequencies});
    d.m_inBias = floats.read("level.0.bias", {d.m_inWeight.size(0)});
    d.m_outWeight = floats.read("level.2.weight", {c.width, d.m_inWeight.size(0)});
    d.m_outBias = floats.read("level.2.bias", {c.width});
    d.m_frequencies = torch::exp(torch::linspace(0, kLevelOctaves, kLevelFrequencies)).to(device);
    const std::int64_t queries = std::int64_t(c.heads) * c.headSize, keys = std::int64_t(c.keyHeads) * c.headSize;
    for (int l = 0; l < c.layers; ++l) {
        const std::string at = std::to_string(l) + ".";
        NoisedLayer& layer = d.m_layers[std::size_t(l)];
        // Merged in f32: adding a small product to a bf16 matrix would lose most of it.
        if (weights.has(at + "attn_q.A") || weights.has(at + "attn_k.A") || weights.has(at + "attn_v.A")) {
            auto merged = base.matrix(l, "qkv");
            merge(weights, at + "attn_q", merged.narrow(0, 0, queries));
            merge(weights, at + "attn_k", merged.narrow(0, queries, keys));
            merge(weights, at + "attn_v", merged.narrow(0, queries + keys, keys));
            layer.qkv = readyProduct(merged.to(weightDtype), products);
        }
        if (weights.has(at + "attn_output.A")) {
            auto merged = base.matrix(l, "output");
            merge(weights, at + "attn_output", merged);
            layer.output = readyProduct(merged.to(weightDtype), products);
        }
        if (weights.has(at + "router")) layer.experts = ready(readExperts(weights, at, c), products);
        if (!weights.error()) return weights.error().error();
    }
    if (weights.has(sequential_head::kIn)) d.m_sequentialHead = readSequentialHead(weights, floats, c, products);
    if (!weights.error()) return weights.error().error();
    if (!floats.error()) return floats.error().error();
    for (const auto& [name, tensor] : file.tensors())
        if (name != "schedule" && !name.starts_with("base."))
            d.m_parameters += std::int64_t(tensor.bytes.size() / storedTypeBytes(tensor.type));
    return d;
}

torch::Tensor Denoiser::levelEmbedding(const torch::Tensor& levels) const {
    if (!m_inWeight.defined()) return {};
    const auto angles = at::outer(levels, m_frequencies);
    const auto hidden = at::silu(at::linear(at::cat({angles.cos(), angles.sin()}, 1), m_inWeight, m_inBias));
    return at::linear(hidden, m_outWeight, m_outBias).mul_((levels > 0).unsqueeze(1));
}

Result<NoiseSchedule> readSchedule(const SafetensorsFile& file) {
    StoredWeights weights(file, torch::kCPU, torch::kFloat32);
    const auto table = weights.readFloat("schedule", {-1, 2}).contiguous();
    if (!weights.error()) return weights.error().error();
    std::vector<NoiseSchedule::Row> rows;
    const auto* values = table.data_ptr<float>();
    for (std::int64_t i = 0; i < table.size(0); ++i) rows.push_back({values[2 * i], values[2 * i + 1]});
    if (!NoiseSchedule::isValid(rows))
        return Error{ErrorCode::Corrupt, file.file()->path().string() + " holds no usable noise schedule"};
    return NoiseSchedule(std::move(rows));
}

} // namespace palimpsest
