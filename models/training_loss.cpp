#include "models/training_loss.h"

#include "kernels/torch/weight_product.h"

namespace palimpsest {
namespace {

constexpr std::int64_t kRows = 128; // of logits at once: 25 MB each with a vocabulary of 49,152

struct Pieces {
    torch::Tensor hidden, teacher, pull, shrink, targets, crossEntropyWeight, distillationWeight;
};

Pieces slice(const HeadLossInput& in, std::int64_t begin, std::int64_t count) {
    const auto rows = [&](const torch::Tensor& x) { return x.defined() ? x.narrow(0, begin, count) : x; };
    return {rows(in.hidden),
            rows(in.teacher),
            rows(in.pull),
            rows(in.shrink).unsqueeze(1),
            rows(in.targets).unsqueeze(1),
            rows(in.crossEntropyWeight).unsqueeze(1),
            rows(in.distillationWeight.defined() ? in.distillationWeight : in.crossEntropyWeight).unsqueeze(1)};
}

// What is the same for every token of a row is left out: no softmax sees it.
torch::Tensor evidenceOf(const Pieces& p, const torch::Tensor& embedding, const torch::Tensor& halfNorms) {
    if (!p.shrink.any().item<bool>()) return {};
    // In the type of `pull`: the evidence of a nearly clean state is large, and bf16 would blur it.
    return weightProduct(p.pull, embedding).addmm_(p.shrink, halfNorms.unsqueeze(0).to(p.shrink), 1, -1);
}

} // namespace

HeadLoss headLoss(const HeadLossInput& in, const torch::Tensor& head, const torch::Tensor& embedding,
                  const torch::Tensor& halfNorms, bool wantGradient) {
    const at::NoGradGuard guard;
    const std::int64_t rows = in.hidden.size(0);
    const auto wide = in.pull.scalar_type();
    std::vector<torch::Tensor> losses, divergences, hiddenGradients, pullGradients;
    for (std::int64_t begin = 0; begin < rows; begin += kRows) {
        const Pieces p = slice(in, begin, std::min(kRows, rows - begin));
        const auto evidence = evidenceOf(p, embedding, halfNorms); // undefined: none in these rows
        const auto logitsOf = [&](const torch::Tensor& hidden) {
            const auto logits = weightProduct(hidden, head).to(wide); // (n, V)
            return evidence.defined() ? logits + evidence : logits;
        };
        auto logp = logitsOf(p.hidden).log_softmax(1);
        losses.push_back(logp.gather(1, p.targets).neg_().squeeze(1));
        torch::Tensor base;
        divergences.push_back(torch::zeros_like(losses.back()));
        if (p.teacher.defined()) {
            const auto logBase = logitsOf(p.teacher).log_softmax(1);
            base = logBase.exp();
            divergences.back() = base.mul(logBase.sub(logp)).sum(1);
        }
        if (!wantGradient) continue;
        // d loss / d logits = (c + d) p - d p_base - c [token]
        const auto both = p.teacher.defined() ? p.crossEntropyWeight + p.distillationWeight : p.crossEntropyWeight;
        auto gradient = logp.exp_().mul_(both);
        if (base.defined()) gradient.sub_(base.mul_(p.distillationWeight));
        gradient.scatter_add_(1, p.targets, -p.crossEntropyWeight);
        const auto narrow = gradient.to(head.scalar_type());
        hiddenGradients.push_back(at::mm(narrow, head));
        // Rows of a softmax's gradient sum to zero, so the table's mean has no part in it.
        pullGradients.push_back(
            (head.is_same(embedding) ? hiddenGradients.back() : at::mm(narrow, embedding)).to(wide));
    }
    HeadLoss result;
    const auto none = torch::zeros({0}, in.pull.options());
    result.crossEntropy = losses.empty() ? none : at::cat(losses);
    result.divergence = losses.empty() ? none : at::cat(divergences);
    if (!hiddenGradients.empty()) {
        result.hiddenGradient = at::cat(hiddenGradients);
        result.pullGradient = at::cat(pullGradients);
    }
    return result;
}

} // namespace palimpsest
