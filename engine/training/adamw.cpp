#include "engine/training/adamw.h"

namespace palimpsest {

AdamW::AdamW(TrainingParameters& parameters)
    : m_parameters(parameters),
      m_first(torch::zeros_like(parameters.values())),
      m_second(torch::zeros_like(parameters.values())) {}

void AdamW::updatePart(std::int64_t begin, std::int64_t count, double decay, const TrainConfig& c, double rate,
                       std::int64_t step) {
    if (count == 0) return;
    const auto part = [&](const torch::Tensor& flat) {
        return std::vector<torch::Tensor>{flat.narrow(0, begin, count)};
    };
    auto values = part(m_parameters.values());
    // The kernel takes the number of this update, from 1.
    const auto options = torch::TensorOptions().dtype(torch::kFloat32).device(m_parameters.values().device());
    const std::vector<torch::Tensor> steps{torch::full({}, double(step + 1), options)};
    at::_fused_adamw_(values, part(m_parameters.gradients()), part(m_first), part(m_second), {}, steps, rate, c.beta1,
                      c.beta2, decay, c.epsilon, false, false);
}

void AdamW::update(const TrainConfig& config, double rate, std::int64_t step) {
    const at::NoGradGuard guard;
    const std::int64_t decayed = m_parameters.decayed(), all = m_parameters.values().numel();
    updatePart(0, decayed, config.weightDecay, config, rate, step);
    updatePart(decayed, all - decayed, 0, config, rate, step);
}

} // namespace palimpsest
