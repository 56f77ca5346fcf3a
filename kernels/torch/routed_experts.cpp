// routedExperts() of experts.h: palimpsest::routed_experts, with autograd and meta.
#include "kernels/cpu/experts.h"
#include "kernels/torch/kernel_choice.h"
#include "kernels/torch/library.h"
#include "kernels/torch/parallel.h"
#include "kernels/torch/routed_experts_card.h"

#include <c10/core/DeviceGuard.h>
#include <torch/library.h>

namespace palimpsest {
namespace {

using torch::Tensor;

ExpertsShape shapeOf(const RoutedExperts& e) {
    const std::int64_t all = e.outward.size(1), width = e.x.size(1); // E W
    TORCH_CHECK(e.x.dim() == 2 && e.experts > 0 && all % e.experts == 0 && e.inward.size(0) == 2 * all &&
                    e.inward.size(1) == width && e.outward.size(0) == width && e.chosen.dim() == 2 &&
                    e.chosen.size(0) == e.x.size(0) && e.shares.sizes() == e.chosen.sizes(),
                "routedExperts: shapes do not fit");
    return {width, e.experts, all / e.experts, e.chosen.size(1)};
}

// --- the CPU kernels ---

bool cpuKernelTakes(const RoutedExperts& e) {
    const auto fits = [](const Tensor& t) { return t.device().is_cpu() && t.scalar_type() == torch::kFloat32; };
    return fits(e.x) && fits(e.shares) && fits(e.inward) && fits(e.outward) && e.chosen.device().is_cpu() &&
           e.chosen.scalar_type() == torch::kInt64 && kernelChoice() == KernelChoice::Best;
}

Tensor emptyBytes(std::size_t count) {
    return torch::empty({std::int64_t(count)}, torch::kUInt8);
}

// `hidden` empty: not kept.
Tensor forwardOnCpu(const RoutedExperts& e, const ExpertsShape& shape, const Tensor& hidden) {
    const auto inward = emptyBytes(packedInwardBytes(WeightType::F32, shape)),
               outward = emptyBytes(packedOutwardBytes(WeightType::F32, shape));
    auto *inwardBytes = static_cast<std::byte*>(inward.data_ptr()),
         *outwardBytes = static_cast<std::byte*>(outward.data_ptr());
    packExperts(WeightType::F32, shape, e.inward.data_ptr<float>(), e.outward.data_ptr<float>(), inwardBytes,
                outwardBytes);
    auto sum = torch::zeros_like(e.x);
    const ExpertsForward<float> call{shape,
                                     {WeightType::F32, inwardBytes, outwardBytes},
                                     {e.chosen.data_ptr<std::int64_t>(), e.shares.data_ptr<float>()},
                                     e.x.data_ptr<float>(),
                                     shape.width,
                                     e.x.size(0),
                                     sum.data_ptr<float>(),
                                     shape.width,
                                     hidden.numel() > 0 ? hidden.data_ptr<float>() : nullptr};
    expertsForward(call, parallelFor);
    return sum;
}

ExpertGradients backwardOnCpu(const RoutedExperts& e, const Tensor& hidden, const Tensor& gradient) {
    const ExpertGradients wanted{torch::empty_like(e.x), torch::empty_like(e.shares), torch::empty_like(e.inward),
                                 torch::empty_like(e.outward)};
    expertsBackward({shapeOf(e),
                     {e.chosen.data_ptr<std::int64_t>(), e.shares.data_ptr<float>()},
                     e.inward.data_ptr<float>(),
                     e.outward.data_ptr<float>(),
                     e.x.data_ptr<float>(),
                     e.x.size(0),
                     hidden.data_ptr<float>(),
                     gradient.data_ptr<float>(),
                     wanted.x.data_ptr<float>(),
                     wanted.shares.data_ptr<float>(),
                     wanted.inward.data_ptr<float>(),
                     wanted.outward.data_ptr<float>()},
                    parallelFor);
    return wanted;
}

// --- the choice ---

RoutedExperts dense(const Tensor& x, const Tensor& chosen, const Tensor& shares, const Tensor& inward,
                    const Tensor& outward, std::int64_t experts) {
    return {x.contiguous(),      chosen.contiguous(),  shares.contiguous(),
            inward.contiguous(), outward.contiguous(), experts};
}

std::tuple<Tensor, Tensor, Tensor> forwardOp(const Tensor& x, const Tensor& chosen, const Tensor& shares,
                                             const Tensor& inward, const Tensor& outward, std::int64_t experts,
                                             bool keep) {
    const c10::OptionalDeviceGuard guard(x.device());
    const RoutedExperts e = dense(x, chosen, shares, inward, outward, experts);
    const ExpertsShape shape = shapeOf(e);
    const auto nothing = torch::empty({0}, x.options().dtype(torch::kInt32));
    if (cpuKernelTakes(e)) {
        const auto hidden = torch::empty({keep ? x.size(0) : 0, shape.perToken, 2 * shape.inner}, e.x.options());
        return {forwardOnCpu(e, shape, hidden), hidden, nothing};
    }
    if (const auto card = cardFor(x))
        if (const auto result = expertsForwardOnCard(*card, e))
            return {result->sum, keep ? result->kept.hidden : torch::empty({0}, x.options()),
                    keep ? result->kept.dispatch : nothing};
    return {routedExpertsDefinition(e), torch::empty({0}, x.options()), nothing};
}

// The definition's own gradients, for types and sizes without a kernel.
ExpertGradients definitionGradients(const RoutedExperts& e, const Tensor& gradient) {
    const at::AutoGradMode enabled(true);
    const auto leaf = [](const Tensor& x) { return x.detach().requires_grad_(); };
    const RoutedExperts leaves{leaf(e.x), e.chosen, leaf(e.shares), leaf(e.inward), leaf(e.outward), e.experts};
    const auto grads = torch::autograd::grad({routedExpertsDefinition(leaves)},
                                             {leaves.x, leaves.shares, leaves.inward, leaves.outward}, {gradient});
    return {grads[0], grads[1], grads[2], grads[3]};
}

std::tuple<Tensor, Tensor, Tensor, Tensor> backwardOp(const Tensor& gradient, const Tensor& x, const Tensor& chosen,
                                                      const Tensor& shares, const Tensor& inward, const Tensor& outward,
                                                      const Tensor& hidden, const Tensor& dispatch,
                                                      std::int64_t experts) {
    const c10::OptionalDeviceGuard guard(x.device());
    const RoutedExperts e = dense(x, chosen, shares, inward, outward, experts);
    std::optional<ExpertGradients> wanted;
    if (cpuKernelTakes(e) && hidden.numel() > 0)
        wanted = backwardOnCpu(e, hidden, gradient.contiguous());
    else if (const auto card = cardFor(x); card && dispatch.numel() > 0)
        wanted = expertsBackwardOnCard(*card, e, {hidden, dispatch}, gradient);
    if (!wanted) wanted = definitionGradients(e, gradient);
    return {wanted->x, wanted->shares, wanted->inward, wanted->outward};
}

// --- autograd and meta ---

std::tuple<Tensor, Tensor, Tensor> callForward(const Tensor& x, const Tensor& chosen, const Tensor& shares,
                                               const Tensor& inward, const Tensor& outward, std::int64_t experts,
                                               bool keep) {
    static const auto op = operation("routed_experts").typed<decltype(forwardOp)>();
    return op.call(x, chosen, shares, inward, outward, experts, keep);
}

class RoutedExpertsFunction : public torch::autograd::Function<RoutedExpertsFunction> {
public:
    static torch::autograd::variable_list forward(torch::autograd::AutogradContext* context, const Tensor& x,
                                                  const Tensor& chosen, const Tensor& shares, const Tensor& inward,
                                                  const Tensor& outward, std::int64_t experts, bool keep) {
        const at::AutoDispatchBelowADInplaceOrView below;
        auto [sum, hidden, dispatch] = callForward(x, chosen, shares, inward, outward, experts, keep);
        context->save_for_backward({x, chosen, shares, inward, outward, hidden, dispatch});
        context->saved_data["experts"] = experts;
        context->mark_non_differentiable({hidden, dispatch});
        return {sum, hidden, dispatch};
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   const torch::autograd::variable_list& gradients) {
        const auto saved = context->get_saved_variables();
        static const auto op = operation("routed_experts_backward").typed<decltype(backwardOp)>();
        const auto [x, shares, inward, outward] =
            op.call(gradients[0], saved[0], saved[1], saved[2], saved[3], saved[4], saved[5], saved[6],
                    context->saved_data["experts"].toInt());
        return {x, Tensor(), shares, inward, outward, Tensor(), Tensor()};
    }
};

std::tuple<Tensor, Tensor, Tensor> autogradOp(const Tensor& x, const Tensor& chosen, const Tensor& shares,
                                              const Tensor& inward, const Tensor& outward, std::int64_t experts,
                                              bool keep) {
    const auto results = RoutedExpertsFunction::apply(x, chosen, shares, inward, outward, experts, keep);
    return {results[0], results[1], results[2]};
}

std::tuple<Tensor, Tensor, Tensor> metaOp(const Tensor& x, const Tensor& chosen, const Tensor&, const Tensor&,
                                          const Tensor& outward, std::int64_t experts, bool keep) {
    return {torch::empty(x.sizes(), x.options()),
            torch::empty({keep ? x.size(0) : 0, chosen.size(1), 2 * outward.size(1) / experts}, x.options()),
            torch::empty({0}, x.options().dtype(torch::kInt32))};
}

TORCH_LIBRARY_IMPL(palimpsest, CPU, library) {
    library.impl("routed_experts", forwardOp);
    library.impl("routed_experts_backward", backwardOp);
}
TORCH_LIBRARY_IMPL(palimpsest, CUDA, library) {
    library.impl("routed_experts", forwardOp);
    library.impl("routed_experts_backward", backwardOp);
}
TORCH_LIBRARY_IMPL(palimpsest, Meta, library) {
    library.impl("routed_experts", metaOp);
}
TORCH_LIBRARY_IMPL(palimpsest, Autograd, library) {
    library.impl("routed_experts", autogradOp);
}

} // namespace

Tensor routedExperts(const RoutedExperts& e) {
    // ATen differentiates the definition better than an operation that runs it again in its backward pass.
    if (!e.x.is_meta() && !cpuKernelTakes(e) && !cardFor(e.x)) return routedExpertsDefinition(e);
    bool keep = false;
    for (const Tensor& t : {e.x, e.shares, e.inward, e.outward}) keep = keep || t.requires_grad();
    return std::get<0>(
        callForward(e.x, e.chosen, e.shares, e.inward, e.outward, e.experts, keep && at::GradMode::is_enabled()));
}

Tensor routedExpertsDefinition(const RoutedExperts& e) {
    const ExpertsShape shape = shapeOf(e);
    auto sum = torch::zeros_like(e.x);
    for (std::int64_t expert = 0; expert < shape.experts; ++expert) {
        const auto pairs = (e.chosen.flatten() == expert).nonzero().squeeze(1);
        const auto rows = pairs.floor_divide(shape.perToken);
        const auto hidden =
            at::linear(e.x.index_select(0, rows), e.inward.narrow(0, expert * 2 * shape.inner, 2 * shape.inner));
        const auto active = at::silu(hidden.narrow(1, 0, shape.inner)) * hidden.narrow(1, shape.inner, shape.inner);
        const auto outputs = at::linear(active, e.outward.narrow(1, expert * shape.inner, shape.inner));
        const auto shares = e.shares.flatten().index_select(0, pairs).to(outputs.scalar_type());
        sum = sum.index_add(0, rows, outputs * shares.unsqueeze(1));
    }
    return sum;
}

} // namespace palimpsest
