// The exact Gaussian evidence of a soft absorbing state, added to the head's logits (DESIGN.md, section 2):
//   kappa = sqrt(abar) / ((1 - abar) s^2)
//   logits(v) += kappa (u - m) . (E_v - mean) - kappa sqrt(abar) / 2 |E_v - mean|^2
// Internal to models/.
#pragma once

#include "models/noise_schedule.h"

#include <torch/torch.h>

namespace palimpsest {

class Evidence {
public:
    // embedding (V, D) in any floating type; kept by reference count.
    explicit Evidence(const torch::Tensor& embedding);

    const torch::Tensor& mean() const { return m_mean; }           // (D) f32
    double scale() const { return m_scale; }                       // s: root mean square of the centred table
    const torch::Tensor& halfNorms() const { return m_halfNorms; } // (V) f32: |E_v - mean|^2 / 2

    // hidden (N, D), head (V, D), state (N, D) f32, level (N) f32, absorbing (D) f32 -> (N, V) f32. Only rows with
    // 0 < level < 1 carry evidence.
    torch::Tensor logits(const torch::Tensor& hidden, const torch::Tensor& head, const torch::Tensor& state,
                         const torch::Tensor& level, const torch::Tensor& absorbing,
                         const NoiseSchedule& schedule) const;

private:
    torch::Tensor m_embedding;
    torch::Tensor m_mean;
    torch::Tensor m_halfNorms; // (V) f32: |E_v - mean|^2 / 2
    double m_scale = 0;
};

} // namespace palimpsest
