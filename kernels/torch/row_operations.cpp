#include "kernels/torch/row_operations.h"

#include "kernels/cpu/row_operations.h"
#include "kernels/torch/kernel_choice.h"
#include "kernels/torch/parallel.h"

namespace palimpsest {
namespace {

bool takesKernel(const torch::Tensor& x) {
    return x.device().is_cpu() && x.scalar_type() == torch::kFloat32 && x.stride(-1) == 1 &&
           kernelChoice() == KernelChoice::Best;
}

Rows rowsOf(const torch::Tensor& x, std::int64_t first) {
    return {x.data_ptr<float>() + first * x.stride(0), x.stride(0)};
}

} // namespace

torch::Tensor addAndNormalise(torch::Tensor& x, const torch::Tensor& added, const torch::Tensor& weight,
                              double epsilon) {
    TORCH_CHECK(x.dim() == 2 && weight.dim() == 1 && x.size(1) == weight.size(0) &&
                    (!added.defined() || added.sizes() == x.sizes()),
                "addAndNormalise: x and added must be (N, D), weight (D)");
    if (!takesKernel(x) || !weight.is_contiguous() || weight.scalar_type() != torch::kFloat32 ||
        (added.defined() && !takesKernel(added))) {
        if (added.defined()) x.add_(added);
        return at::rms_norm(x, {weight.size(0)}, weight, epsilon);
    }
    torch::Tensor out = torch::empty({x.size(0), x.size(1)}, x.options());
    parallelRows(x.size(0), x.size(1), parallelFor, [&](std::int64_t first, std::int64_t last) {
        normalise({rowsOf(x, first), added.defined() ? rowsOf(added, first) : Rows{}, weight.data_ptr<float>(),
                   float(epsilon), last - first, x.size(1), rowsOf(out, first)});
    });
    return out;
}

torch::Tensor gated(const torch::Tensor& gateUp) {
    TORCH_CHECK(gateUp.dim() == 2 && gateUp.size(1) % 2 == 0, "gated: gateUp must be (N, 2F)");
    const std::int64_t width = gateUp.size(1) / 2;
    if (!takesKernel(gateUp)) return at::silu(gateUp.narrow(1, 0, width)).mul_(gateUp.narrow(1, width, width));
    torch::Tensor out = torch::empty({gateUp.size(0), width}, gateUp.options());
    parallelRows(gateUp.size(0), 2 * width, parallelFor, [&](std::int64_t first, std::int64_t last) {
        gate({rowsOf(gateUp, first), last - first, width, rowsOf(out, first)});
    });
    return out;
}

void rotateHeads(torch::Tensor x, const torch::Tensor& turns) {
    const std::int64_t heads = x.size(1), size = x.size(2);
    TORCH_CHECK(x.dim() == 3 && turns.dim() == 3 && turns.size(0) == x.size(0) && 2 * turns.size(1) == size &&
                    turns.size(2) == 2,
                "rotateHeads: x must be (N, heads, K), turns (N, K / 2, 2)");
    if (takesKernel(x) && x.stride(1) == size && turns.is_contiguous()) {
        parallelRows(x.size(0), heads * size, parallelFor, [&](std::int64_t first, std::int64_t last) {
            rotate({rowsOf(x, first), last - first, heads, size, turns.data_ptr<float>() + first * size});
        });
        return;
    }
    const auto pairs = x.to(torch::kFloat32).unflatten(2, {size / 2, 2});
    const auto cosine = turns.select(2, 0).unsqueeze(1), sine = turns.select(2, 1).unsqueeze(1); // (N, 1, K / 2)
    const auto a = pairs.select(3, 0), b = pairs.select(3, 1);
    x.copy_(at::stack({a * cosine - b * sine, a * sine + b * cosine}, 3).flatten(2));
}

} // namespace palimpsest
