#include "kernels/torch/experts.h"

#include "kernels/cpu/experts.h"
#include "kernels/torch/card.h"
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
    if (cardFor(x)) {
        const Routes routes = route(x, weights);
        sum.add_(routedExperts({x, routes.chosen, routes.weights, weights.inward, weights.outward, weights.experts}));
    } else if (x.size(0) <= kFewRows)
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
    parallelRows(x.size(0), shape.width, parallelFor, [&](std::int64_t first, std::int64_t last) {
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

} // namespace palimpsest
