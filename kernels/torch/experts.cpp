#include "kernels/torch/experts.h"

#include "kernels/cpu/experts.h"
#include "kernels/torch/kernel_choice.h"
#include "kernels/torch/parallel.h"
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

namespace {

std::byte* bytesOf(const torch::Tensor& t) {
    return static_cast<std::byte*>(t.data_ptr());
}

torch::Tensor emptyBytes(std::size_t count) {
    return torch::empty({std::int64_t(count)}, torch::kUInt8);
}

// inward (E * 2W, D) and outward (D, E * W), f32 or bf16, contiguous -> their packed forms.
std::pair<torch::Tensor, torch::Tensor> pack(WeightType type, const ExpertsShape& shape, const torch::Tensor& inward,
                                             const torch::Tensor& outward) {
    const auto packedInward = emptyBytes(packedInwardBytes(type, shape)),
               packedOutward = emptyBytes(packedOutwardBytes(type, shape));
    if (inward.scalar_type() == torch::kBFloat16)
        packExperts(type, shape, static_cast<const Bf16*>(inward.data_ptr()),
                    static_cast<const Bf16*>(outward.data_ptr()), bytesOf(packedInward), bytesOf(packedOutward));
    else
        packExperts(type, shape, inward.data_ptr<float>(), outward.data_ptr<float>(), bytesOf(packedInward),
                    bytesOf(packedOutward));
    return {packedInward, packedOutward};
}

// x and sum (N, D) contiguous, of type T.
template<class T>
void addPacked(torch::Tensor& sum, const torch::Tensor& x, const PreparedExperts& e) {
    const ExpertsShape shape{x.size(1), e.experts, e.inner, e.perToken};
    const auto chosen = torch::empty({x.size(0), e.perToken}, torch::kInt64);
    const auto shares = torch::empty({x.size(0), e.perToken}, torch::kFloat32);
    const auto* rows = static_cast<const T*>(x.data_ptr());
    parallelFor(x.size(0), [&](std::int64_t first, std::int64_t last) {
        routeExperts(shape, rows + first * shape.width, shape.width, last - first, e.router.data_ptr<float>(),
                     chosen.data_ptr<std::int64_t>() + first * e.perToken,
                     shares.data_ptr<float>() + first * e.perToken);
    });
    const ExpertsForward<T> call{shape,
                                 {e.type, bytesOf(e.inward), bytesOf(e.outward)},
                                 {chosen.data_ptr<std::int64_t>(), shares.data_ptr<float>()},
                                 rows,
                                 shape.width,
                                 x.size(0),
                                 static_cast<T*>(sum.data_ptr()),
                                 shape.width};
    expertsForward(call, parallelFor);
}

ExpertsShape shapeOf(const RoutedExperts& e) {
    const std::int64_t all = e.outward.size(1), width = e.x.size(1); // E W
    TORCH_CHECK(e.x.dim() == 2 && e.experts > 0 && all % e.experts == 0 && e.inward.size(0) == 2 * all &&
                    e.inward.size(1) == width && e.outward.size(0) == width && e.chosen.dim() == 2 &&
                    e.chosen.size(0) == e.x.size(0) && e.shares.sizes() == e.chosen.sizes(),
                "routedExperts: shapes do not fit");
    return {width, e.experts, all / e.experts, e.chosen.size(1)};
}

torch::Tensor packedForward(const RoutedExperts& e, const ExpertsShape& shape, const torch::Tensor& hidden) {
    const auto [inward, outward] = pack(WeightType::F32, shape, e.inward, e.outward);
    auto sum = torch::zeros_like(e.x);
    const ExpertsForward<float> call{shape,
                                     {WeightType::F32, bytesOf(inward), bytesOf(outward)},
                                     {e.chosen.data_ptr<std::int64_t>(), e.shares.data_ptr<float>()},
                                     e.x.data_ptr<float>(),
                                     shape.width,
                                     e.x.size(0),
                                     sum.data_ptr<float>(),
                                     shape.width,
                                     hidden.defined() ? hidden.data_ptr<float>() : nullptr};
    expertsForward(call, parallelFor);
    return sum;
}

class RoutedExpertsFunction : public torch::autograd::Function<RoutedExpertsFunction> {
public:
    static torch::Tensor forward(torch::autograd::AutogradContext* context, const torch::Tensor& x,
                                 const torch::Tensor& chosen, const torch::Tensor& shares, const torch::Tensor& inward,
                                 const torch::Tensor& outward, std::int64_t experts) {
        const RoutedExperts e{x.contiguous(),      chosen.contiguous(),  shares.contiguous(),
                              inward.contiguous(), outward.contiguous(), experts};
        const ExpertsShape shape = shapeOf(e);
        const auto hidden = torch::empty({x.size(0), shape.perToken, 2 * shape.inner}, e.x.options());
        context->save_for_backward({e.x, e.chosen, e.shares, e.inward, e.outward, hidden});
        context->saved_data["experts"] = experts;
        return packedForward(e, shape, hidden);
    }

    static torch::autograd::variable_list backward(torch::autograd::AutogradContext* context,
                                                   const torch::autograd::variable_list& gradients) {
        const auto saved = context->get_saved_variables();
        const RoutedExperts e{saved[0], saved[1], saved[2], saved[3], saved[4], context->saved_data["experts"].toInt()};
        const auto gradient = gradients[0].contiguous();
        const auto x = torch::empty_like(e.x), shares = torch::empty_like(e.shares),
                   inward = torch::empty_like(e.inward), outward = torch::empty_like(e.outward);
        expertsBackward({shapeOf(e),
                         {e.chosen.data_ptr<std::int64_t>(), e.shares.data_ptr<float>()},
                         e.inward.data_ptr<float>(),
                         e.outward.data_ptr<float>(),
                         e.x.data_ptr<float>(),
                         e.x.size(0),
                         saved[5].data_ptr<float>(),
                         gradient.data_ptr<float>(),
                         x.data_ptr<float>(),
                         shares.data_ptr<float>(),
                         inward.data_ptr<float>(),
                         outward.data_ptr<float>()},
                        parallelFor);
        return {x, torch::Tensor(), shares, inward, outward, torch::Tensor()};
    }
};

bool takesKernel(const RoutedExperts& e) {
    const auto fits = [](const torch::Tensor& t) { return t.device().is_cpu() && t.scalar_type() == torch::kFloat32; };
    return fits(e.x) && fits(e.shares) && fits(e.inward) && fits(e.outward) && e.chosen.device().is_cpu() &&
           e.chosen.scalar_type() == torch::kInt64 && kernelChoice() == KernelChoice::Best;
}

} // namespace

PreparedExperts prepareExperts(const ExpertWeights& w, WeightType type) {
    PreparedExperts prepared{type, w.experts, w.perToken, w.width(), {}, {}, {}, {}};
    if (!w.inward.device().is_cpu() || kernelChoice() == KernelChoice::Reference) {
        prepared.original = w;
        return prepared;
    }
    const auto stored = w.inward.scalar_type() == torch::kBFloat16 && w.outward.scalar_type() == torch::kBFloat16
                            ? torch::kBFloat16
                            : torch::kFloat32;
    prepared.router = w.router.detach().to(torch::kFloat32).contiguous();
    std::tie(prepared.inward, prepared.outward) =
        pack(type, {w.router.size(1), w.experts, w.width(), w.perToken}, w.inward.detach().to(stored).contiguous(),
             w.outward.detach().to(stored).contiguous());
    return prepared;
}

void addExperts(torch::Tensor& sum, const torch::Tensor& x, const PreparedExperts& experts) {
    if (!experts.inward.defined()) return addExperts(sum, x, experts.original);
    const bool bf16 = x.scalar_type() == torch::kBFloat16;
    TORCH_CHECK(x.dim() == 2 && x.size(1) == experts.router.size(1) && sum.sizes() == x.sizes() &&
                    sum.scalar_type() == x.scalar_type() && x.device().is_cpu() && sum.device().is_cpu() &&
                    (bf16 || x.scalar_type() == torch::kFloat32),
                "addExperts: rows, sum and experts do not fit");
    auto target = sum.is_contiguous() ? sum : sum.contiguous();
    if (bf16)
        addPacked<Bf16>(target, x.contiguous(), experts);
    else
        addPacked<float>(target, x.contiguous(), experts);
    if (!target.is_same(sum)) sum.copy_(target);
}

torch::Tensor routedExpertsDefinition(const RoutedExperts& e) {
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

torch::Tensor routedExperts(const RoutedExperts& e) {
    if (!takesKernel(e)) return routedExpertsDefinition(e);
    return RoutedExpertsFunction::apply(e.x, e.chosen, e.shares, e.inward, e.outward, e.experts);
}

} // namespace palimpsest
