// What the noised stream adds to the frozen base: attention adapters (merged into matrices of its own when loaded),
// routed experts, the absorbing vector, the level embedding and the sequential head. Internal to models/; file format: checkpoint.md.
#pragma once

#include "kernels/torch/experts.h"
#include "models/backbone.h"
#include "models/noise_schedule.h"
#include "models/sequential_head.h"

#include <optional>

namespace palimpsest {

struct NoisedLayer {
    PreparedWeight qkv;                     // ((H + 2G) K, D) with adapters; the base's own where there are none
    PreparedWeight output;                  // (D, H K)
    std::optional<PreparedExperts> experts; // nothing: the dense feed-forward alone
};

// Constant once loaded. Without a denoiser file every layer is the base's.
class Denoiser {
public:
    // The products of `base` must be ready. A denoiser that adds nothing; `absorbing` (D) f32.
    Denoiser(const Backbone& base, const ModelConfig& config, torch::Tensor absorbing);

    static Result<Denoiser> load(const SafetensorsFile& file, const ModelConfig& config, const Backbone& base,
                                 torch::ScalarType weightDtype, ProductType products);

    const NoisedLayer& layer(int index) const { return m_layers[std::size_t(index)]; }
    const torch::Tensor& absorbing() const { return m_absorbing; } // (D) f32
    std::int64_t parameters() const { return m_parameters; }

    const std::optional<SequentialHead>& sequentialHead() const { return m_sequentialHead; }

    // Levels (N) -> (N, D) f32, zero where the level is 0. Undefined tensor: no level embedding.
    torch::Tensor levelEmbedding(const torch::Tensor& levels) const;

private:
    std::vector<NoisedLayer> m_layers;
    torch::Tensor m_absorbing;
    torch::Tensor m_inWeight, m_inBias, m_outWeight, m_outBias, m_frequencies;
    std::optional<SequentialHead> m_sequentialHead;
    std::int64_t m_parameters = 0;
};

// The "schedule" (N, 2) tensor of a base or denoiser file: level t, log alpha-bar.
Result<NoiseSchedule> readSchedule(const SafetensorsFile& file);

} // namespace palimpsest
