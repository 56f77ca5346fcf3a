// AdamW (Loshchilov and Hutter, arXiv 1711.05101) on the flat buffers of TrainingParameters, by ATen's fused kernel.
#pragma once

#include "engine/training/train_config.h"
#include "models/training_parameters.h"

namespace palimpsest {

class AdamW {
public:
    explicit AdamW(TrainingParameters& parameters); // borrows

    // One update with the gradients as they are. `step`: updates done before this one.
    void update(const TrainConfig& config, double rate, std::int64_t step);

    // (P) each, laid out as the parameters' values: what a checkpoint keeps.
    torch::Tensor& first() { return m_first; }
    torch::Tensor& second() { return m_second; }

private:
    void updatePart(std::int64_t begin, std::int64_t count, double decay, const TrainConfig& config, double rate,
                    std::int64_t step);
    TrainingParameters& m_parameters;
    torch::Tensor m_first, m_second;
};

} // namespace palimpsest
