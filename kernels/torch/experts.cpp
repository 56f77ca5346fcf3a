#include "kernels/torch/experts.h"

#include "kernels/torch/weight_product.h"

#include <tuple>

namespace palimpsest {
namespace {

struct Routes {
    torch::Tensor weights; // (N, k) f32
    torch::Tensor chosen;  // (N, k) int64
};

Routes route(const torch::Tensor& x, const ExpertWeights& w) {
    const auto shares = weightProduct(x, w.router).to(torch::kFloat32).softmax(-1);
    auto [weights, chosen] = shares.topk(w.perToken, -1, true, false);
    return {weights, chosen};
}

} // namespace

void addAllExperts(torch::Tensor& sum, const torch::Tensor& x, const ExpertWeights& w) {
    const std::int64_t rows = x.size(0), width = w.width();
    const Routes routes = route(x, w);
    const auto gates = torch::zeros({rows, w.experts}, routes.weights.options())
                           .scatter_(1, routes.chosen, routes.weights)
                           .to(x.scalar_type());
    const auto hidden = weightProduct(x, w.inward).view({rows, w.experts, 2, width}); // (N, E, 2, W)
    auto active = at::silu(hidden.select(2, 0)).mul_(hidden.select(2, 1)).mul_(gates.unsqueeze(2));
    sum.add_(weightProduct(active.view({rows, w.experts * width}), w.outward));
}

void addSortedExperts(torch::Tensor& sum, const torch::Tensor& x, const ExpertWeights& w) {
    const std::int64_t width = w.width();
    const Routes routes = route(x, w);
    const auto order = routes.chosen.flatten().argsort(true, 0, false); // (N * k): pairs (row, choice) by expert
    const auto counts = routes.chosen.flatten().bincount({}, w.experts).to(torch::kCPU);
    const auto rows = order.floor_divide(w.perToken);
    const auto weights = routes.weights.flatten().index_select(0, order).to(x.scalar_type()).unsqueeze(1);
    const auto inputs = x.index_select(0, rows); // (N * k, D)
    auto outputs = torch::empty_like(inputs);
    std::int64_t begin = 0;
    for (std::int64_t e = 0; e < w.experts; ++e) {
        const std::int64_t count = counts.data_ptr<std::int64_t>()[e];
        if (count == 0) continue;
        const auto hidden = weightProduct(inputs.narrow(0, begin, count), w.inward.narrow(0, e * 2 * width, 2 * width));
        const auto active = at::silu(hidden.narrow(1, 0, width)).mul_(hidden.narrow(1, width, width));
        outputs.narrow(0, begin, count).copy_(weightProduct(active, w.outward.narrow(1, e * width, width)));
        begin += count;
    }
    sum.index_add_(0, rows, outputs.mul_(weights));
}

void addExperts(torch::Tensor& sum, const torch::Tensor& x, const ExpertWeights& weights) {
    if (x.size(0) <= kFewRows)
        addAllExperts(sum, x, weights);
    else
        addSortedExperts(sum, x, weights);
}

} // namespace palimpsest
