#include "kernels/torch/routed_experts_card.h"

namespace palimpsest {
namespace {

using torch::Tensor;

// A call, and the tensors it points into.
struct CardCall {
    Tensor x, chosen, shares, inward, outward, hidden, dispatch, sum, workspace;
    cuda::ExpertsCall call;

    CardCall(const RoutedExperts& e, const KeptExperts& kept, const Tensor& to)
        : x(alignedRows(e.x.contiguous())),
          chosen(e.chosen.to(torch::kInt32).contiguous()),
          shares(e.shares.to(torch::kFloat32).contiguous()),
          inward(alignedRows(e.inward.contiguous())),
          outward(alignedRows(e.outward.contiguous())),
          hidden(kept.hidden),
          dispatch(kept.dispatch),
          sum(to) {
        call.format = cardFormat(x);
        call.rows = std::int32_t(x.size(0));
        call.width = std::int32_t(x.size(1));
        call.experts = std::int32_t(e.experts);
        call.inner = std::int32_t(outward.size(1) / e.experts);
        call.perToken = std::int32_t(chosen.size(1));
        call.x = x.const_data_ptr();
        call.chosen = chosen.const_data_ptr<std::int32_t>();
        call.weights = shares.const_data_ptr<float>();
        call.inward = inward.const_data_ptr();
        call.outward = outward.const_data_ptr();
        call.outwardExpert = call.inner; // side by side: (D, E W)
        call.outwardRow = outward.size(1);
        call.output = sum.defined() ? sum.data_ptr() : nullptr;
        call.hidden = hidden.data_ptr();
        call.dispatch = dispatch.data_ptr<std::int32_t>();
        workspace = torch::empty({cuda::expertsWorkspace(call)}, x.options().dtype(torch::kUInt8));
        call.workspace = workspace.data_ptr();
    }
};

bool fitsIn32Bits(const RoutedExperts& e) {
    return e.x.numel() < cuda::kFar && e.inward.numel() < cuda::kFar && e.x.size(0) * e.chosen.size(1) < cuda::kFar;
}

} // namespace

std::optional<ExpertsForwardResult> expertsForwardOnCard(const Card& card, const RoutedExperts& e) {
    if (!fitsIn32Bits(e)) return {};
    const std::int64_t pairs = e.chosen.numel(), twice = 2 * e.outward.size(1) / e.experts; // N k, 2W
    const ExpertsForwardResult result{torch::zeros(e.x.sizes(), e.x.options()),
                                      {torch::empty({e.x.size(0), e.chosen.size(1), twice}, e.x.options()),
                                       torch::empty({2 * pairs + e.experts + 1}, e.x.options().dtype(torch::kInt32))}};
    const CardCall call(e, result.kept, result.sum);
    const cuda::Status status = card.kernels->expertsForward(&call.call, card.stream);
    return launched(card, status, "routed_experts") ? std::optional(result) : std::nullopt;
}

std::optional<ExpertGradients> expertsBackwardOnCard(const Card& card, const RoutedExperts& e, const KeptExperts& kept,
                                                     const Tensor& sumGradient) {
    if (!fitsIn32Bits(e)) return {};
    const CardCall forward(e, kept, {});
    const Tensor gradient = alignedRows(sumGradient.contiguous());
    const auto shares = torch::empty(forward.shares.sizes(), forward.shares.options());
    const ExpertGradients wanted{torch::empty(e.x.sizes(), e.x.options()), shares,
                                 torch::empty(e.inward.sizes(), e.inward.options()),
                                 torch::empty(e.outward.sizes(), e.outward.options())};
    const cuda::ExpertsGradientCall call{forward.call,
                                         gradient.const_data_ptr(),
                                         wanted.x.data_ptr(),
                                         shares.data_ptr<float>(),
                                         wanted.inward.data_ptr(),
                                         wanted.outward.data_ptr()};
    const cuda::Status status = card.kernels->expertsBackward(&call, card.stream);
    if (!launched(card, status, "routed_experts_backward")) return {};
    return ExpertGradients{wanted.x, shares.to(e.shares.scalar_type()), wanted.inward, wanted.outward};
}

} // namespace palimpsest
