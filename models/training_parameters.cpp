#include "models/training_parameters.h"

#include <algorithm>

namespace palimpsest {
namespace {

std::int64_t count(const ParameterSpec& spec) {
    return c10::multiply_integers(spec.shape);
}

} // namespace

TrainingParameters::TrainingParameters(std::vector<ParameterSpec> specs, torch::Device device, torch::ScalarType dtype)
    : m_specs(std::move(specs)) {
    std::ranges::stable_partition(m_specs, [](const ParameterSpec& spec) { return spec.shape.size() >= 2; });
    std::int64_t total = 0;
    for (const ParameterSpec& spec : m_specs) {
        m_offsets[spec.name] = total;
        total += count(spec);
        if (spec.shape.size() >= 2) m_decayed = total;
    }
    m_values = torch::zeros({total}, torch::TensorOptions().dtype(dtype).device(device));
    m_gradients = torch::zeros_like(m_values);
    for (const ParameterSpec& spec : m_specs) {
        torch::Tensor leaf = part(m_values, spec.name).detach().requires_grad_();
        leaf.mutable_grad() = part(m_gradients, spec.name);
        m_leaves.emplace(spec.name, leaf);
    }
}

torch::Tensor TrainingParameters::part(const torch::Tensor& flat, const std::string& name) const {
    const auto& shape = m_leaves.contains(name)
                            ? m_leaves.at(name).sizes()
                            : c10::IntArrayRef(std::ranges::find(m_specs, name, &ParameterSpec::name)->shape);
    return flat.narrow(0, m_offsets.at(name), c10::multiply_integers(shape)).view(shape);
}

} // namespace palimpsest
