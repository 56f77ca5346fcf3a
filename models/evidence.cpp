#include "models/evidence.h"

#include "kernels/torch/weight_product.h"

#include <cmath>

namespace palimpsest {
namespace {

constexpr std::int64_t kPieceRows = 8192; // of the embedding table widened at once

} // namespace

Evidence::Evidence(const torch::Tensor& embedding) : m_embedding(embedding) {
    const std::int64_t rows = embedding.size(0);
    m_mean = embedding.mean(0, false, torch::kFloat32);
    m_halfNorms = torch::empty({rows}, m_mean.options());
    for (std::int64_t begin = 0; begin < rows; begin += kPieceRows) {
        const std::int64_t count = std::min(kPieceRows, rows - begin);
        const auto centred = embedding.narrow(0, begin, count).to(torch::kFloat32) - m_mean;
        m_halfNorms.narrow(0, begin, count).copy_(centred.square_().sum(1).div_(2));
    }
    m_scale = std::sqrt(m_halfNorms.mean().item<double>() * 2 / double(embedding.size(1)));
}

torch::Tensor Evidence::logits(const torch::Tensor& hidden, const torch::Tensor& head, const torch::Tensor& state,
                               const torch::Tensor& level, const torch::Tensor& absorbing,
                               const NoiseSchedule& schedule) const {
    const std::int64_t rows = hidden.size(0);
    const auto levels = level.to(torch::kCPU, torch::kFloat32).contiguous();
    auto kappa = torch::zeros({rows, 1}), shrink = torch::zeros({rows, 1});
    for (std::int64_t i = 0; i < rows; ++i) {
        const double t = levels.data_ptr<float>()[i];
        if (t <= 0 || t >= 1) continue;
        const double alphaBar = schedule.alphaBar(t);
        const double k = std::sqrt(alphaBar) / ((1 - alphaBar) * m_scale * m_scale);
        kappa.data_ptr<float>()[i] = float(k);
        shrink.data_ptr<float>()[i] = float(k * std::sqrt(alphaBar));
    }
    const auto device = hidden.device();
    const auto pull = (state.to(device) - absorbing).mul_(kappa.to(device)); // (N, D): kappa (u - m)
    const auto constant = at::mv(pull, m_mean).unsqueeze(1);
    torch::Tensor out;
    if (head.is_same(m_embedding)) {
        // A tied head and the evidence are one product with the same table.
        out = weightProduct(hidden.to(torch::kFloat32) + pull, m_embedding);
    } else {
        out = weightProduct(hidden.to(torch::kFloat32), head).add_(weightProduct(pull, m_embedding));
    }
    return out.sub_(constant).addmm_(shrink.to(device), m_halfNorms.unsqueeze(0), 1, -1);
}

} // namespace palimpsest
