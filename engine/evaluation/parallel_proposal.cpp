#include "engine/evaluation/parallel_proposal.h"

namespace palimpsest {
namespace {

constexpr double kLeastProbability = 1e-7; // tokens that no row finds likelier are left out of q

// min(1, q/p) of the tokens that were drawn: (N)
torch::Tensor acceptance(const torch::Tensor& p, const torch::Tensor& q, const torch::Tensor& drawn) {
    const auto said = p.gather(1, drawn.unsqueeze(1)).squeeze(1).to(torch::kFloat64);
    return (q.index_select(0, drawn) / said).clamp_max(1.0);
}

} // namespace

torch::Tensor bestProposal(const torch::Tensor& p, const torch::Tensor& weights) {
    const auto tokens = std::get<0>(p.max(0)).gt(kLeastProbability).nonzero().squeeze(1); // (M)
    const auto [level, row] = p.index_select(1, tokens).t().to(torch::kFloat64).sort(1);  // (M, N), ascending
    const auto below = torch::cat({torch::zeros({level.size(0), 1}, level.options()), level.slice(1, 0, -1)}, 1);
    // A piece's slope is the weight of the rows that reach above it.
    const auto slope = weights.index({row}).flip({1}).cumsum(1).flip({1}).flatten();
    const auto length = (level - below).flatten();
    const auto order = slope.argsort(0, true);
    const auto ordered = length.index_select(0, order);
    const auto room = (1.0 - (ordered.cumsum(0) - ordered)).clamp_min(0);
    const auto taken = torch::zeros_like(length).index_put_({order}, torch::minimum(ordered, room));
    return torch::zeros({p.size(1)}, level.options()).index_put_({tokens}, taken.view(level.sizes()).sum(1));
}

torch::Tensor overlaps(const torch::Tensor& p, const torch::Tensor& q) {
    return torch::minimum(p, q.to(p.dtype())).sum(1, false, torch::kFloat64);
}

std::vector<double> acceptedShares(const Rollouts& rollouts, const torch::Tensor& fit, const torch::Tensor& test,
                                   torch::Tensor* reached) {
    auto fitWeights = torch::ones({fit.size(0)}, torch::kFloat64),
         testWeights = torch::ones({test.size(0)}, torch::kFloat64);
    std::vector<double> shares;
    for (std::size_t at = 0; at < rollouts.p.size(); ++at) {
        const auto fitted = rollouts.p[at].index_select(0, fit), tested = rollouts.p[at].index_select(0, test);
        const auto q = bestProposal(fitted, fitWeights);
        shares.push_back((testWeights * overlaps(tested, q)).mean().item<double>());
        fitWeights = fitWeights * acceptance(fitted, q, rollouts.drawn[at].index_select(0, fit));
        testWeights = testWeights * acceptance(tested, q, rollouts.drawn[at].index_select(0, test));
        if (fitWeights.sum().item<double>() <= 0) fitWeights.fill_(1.0);
    }
    if (reached != nullptr) *reached = testWeights;
    return shares;
}

} // namespace palimpsest
