#include "models/backbone.h"

#include "kernels/torch/parallel.h"
#include "kernels/torch/row_operations.h"

namespace palimpsest {

Result<Backbone> Backbone::load(const SafetensorsFile& file, const ModelConfig& c, torch::Device device,
                                torch::ScalarType dtype, torch::ScalarType weightDtype, ProductType products) {
    StoredWeights weights(file, device, weightDtype);
    Backbone b;
    b.m_heads = c.heads;
    b.m_keyHeads = c.keyHeads;
    b.m_headSize = c.headSize;
    b.m_epsilon = c.normEpsilon;
    const std::int64_t inner = std::int64_t(c.heads) * c.headSize;
    const std::int64_t projected = inner + 2ll * c.keyHeads * c.headSize;
    // Norms are a few rows: they are kept in the type they are used in.
    const auto norm = [&](const std::string& name) {
        b.m_parameters += c.width;
        return weights.read(name, {c.width}).to(dtype);
    };
    const auto read = [&](const std::string& name, c10::IntArrayRef shape) {
        auto tensor = weights.read(name, shape);
        b.m_parameters += tensor.numel();
        return tensor;
    };
    const bool keepInt8 = products == WeightType::Int8 && device.is_cpu();
    const auto matrix = [&](const std::string& name, c10::IntArrayRef shape) {
        StoredMatrix stored = weights.readMatrix(name, shape, keepInt8);
        b.m_parameters += stored.rows.numel();
        return stored;
    };
    b.m_embedding = read("embedding", {c.vocabulary, c.width});
    b.m_head = c.tiedHead ? b.m_embedding : read("head", {c.vocabulary, c.width});
    b.m_finalNorm = norm("norm");
    for (int l = 0; l < c.layers && weights.error(); ++l) {
        const std::string at = std::to_string(l) + ".";
        b.m_layers.push_back({norm(at + "attention_norm"), matrix(at + "qkv", {projected, c.width}),
                              matrix(at + "output", {c.width, inner}), norm(at + "feed_forward_norm"),
                              matrix(at + "gate_up", {2ll * c.feedForward, c.width}),
                              matrix(at + "down", {c.width, c.feedForward})});
    }
    // In f32, as the base was trained: a more exact angle would be another one.
    const auto exponents = torch::arange(0, c.headSize, 2).to(torch::kFloat32) / c.headSize;
    auto rates = torch::pow(c.ropeTheta, -exponents);
    if (weights.has("rope_factors")) rates = rates / weights.readFloat("rope_factors", {c.headSize / 2});
    b.m_turnRates = rates.to(device);
    if (!weights.error()) return weights.error().error();
    return b;
}

void Backbone::replace(const std::function<torch::Tensor(const std::string&)>& tensor) {
    const bool tied = m_head.is_same(m_embedding);
    m_embedding = tensor("embedding");
    m_head = tied ? m_embedding : tensor("head");
    m_finalNorm = tensor("norm");
    for (std::size_t l = 0; l < m_layers.size(); ++l) {
        const auto named = [&](const char* name) { return tensor(std::to_string(l) + "." + name); };
        m_layers[l] = {named("attention_norm"),    {named("qkv"), {}},     {named("output"), {}},
                       named("feed_forward_norm"), {named("gate_up"), {}}, {named("down"), {}}};
    }
}

PreparedWeight readyProduct(const torch::Tensor& weight, ProductType type) {
    if (type) return prepareWeight(weight, *type);
    return {WeightType::F32, weight.size(0), weight.size(1), {}, weight};
}

PreparedWeight readyProduct(const StoredMatrix& weight, ProductType type) {
    return weight.scales.defined() && type == WeightType::Int8 ? prepareInt8Weight(weight.rows, weight.scales)
                                                               : readyProduct(weight.floats(), type);
}

torch::Tensor Backbone::matrix(int index, std::string_view name) const {
    const BackboneLayer& layer = m_layers[std::size_t(index)];
    const StoredMatrix& stored = name == "qkv"       ? layer.qkv
                                 : name == "output"  ? layer.output
                                 : name == "gate_up" ? layer.gateUp
                                                     : layer.down;
    auto copy = stored.floats().to(torch::kFloat32, false, true);
    if (m_personal) m_personal->addTo(copy, index, name);
    return copy;
}

void Backbone::prepareProducts(ProductType type) {
    m_products.resize(m_layers.size());
    parallelFor(std::int64_t(m_layers.size()), [&](std::int64_t first, std::int64_t last) {
        const c10::InferenceMode guard;
        for (std::int64_t l = first; l < last; ++l) {
            const BackboneLayer& layer = m_layers[std::size_t(l)];
            const auto ready = [&](const char* name, const StoredMatrix& stored) {
                if (!m_personal) return readyProduct(stored, type);
                const auto sum = matrix(int(l), name); // packed from f32: bf16 would lose small additions
                return readyProduct(type ? sum : sum.to(m_embedding.scalar_type()), type);
            };
            m_products[std::size_t(l)] = {ready("qkv", layer.qkv), ready("output", layer.output),
                                          ready("gate_up", layer.gateUp), ready("down", layer.down)};
        }
    });
    m_headProduct = readyProduct(m_head, type);
}

torch::Tensor Backbone::addAndNorm(torch::Tensor& x, const torch::Tensor& added, const torch::Tensor& weight) const {
    return addAndNormalise(x, added, weight, m_epsilon);
}

torch::Tensor Backbone::turns(const torch::Tensor& positions) const {
    const auto angles = at::outer(positions.to(torch::kFloat32), m_turnRates);
    return at::stack({angles.cos(), angles.sin()}, -1);
}

torch::Tensor Backbone::project(const torch::Tensor& x, const PreparedWeight& qkv, const torch::Tensor& turns) const {
    auto out = weightProduct(x, qkv).unflatten(1, {m_heads + 2 * m_keyHeads, m_headSize});
    rotateHeads(out.narrow(1, 0, m_heads + m_keyHeads), turns);
    return out;
}

torch::Tensor Backbone::feedForward(const torch::Tensor& h, const BackboneProducts& layer) const {
    return weightProduct(gated(weightProduct(h, layer.gateUp)), layer.down);
}

} // namespace palimpsest
