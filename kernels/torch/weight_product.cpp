#include "kernels/torch/weight_product.h"

#include "kernels/cpu/bf16_weight_linear.h"

#include <ATen/Parallel.h>

namespace palimpsest {
namespace {

bool takesBf16Kernel(const torch::Tensor& x, const torch::Tensor& weight) {
    return x.scalar_type() == torch::kFloat32 && weight.scalar_type() == torch::kBFloat16 && x.device().is_cpu() &&
           weight.device().is_cpu() && weight.dim() == 2 && weight.is_contiguous();
}

torch::Tensor bf16WeightProduct(const torch::Tensor& x, const torch::Tensor& weight) {
    const std::int64_t k = weight.size(1), columns = weight.size(0), rows = k ? x.numel() / k : 0;
    TORCH_CHECK(x.dim() >= 1 && x.size(-1) == k, "weightProduct: the last size of x is not the width of the weights");
    const torch::Tensor flat = x.reshape({rows, k}).contiguous();
    torch::Tensor packed = torch::empty({rows, packedStride(k)}, x.options());
    auto shape = x.sizes().vec();
    shape.back() = columns;
    torch::Tensor y = torch::empty(shape, x.options());
    packActivations(flat.data_ptr<float>(), k, rows, k, packed.data_ptr<float>());
    const Bf16WeightLinear call{packed.data_ptr<float>(),
                                reinterpret_cast<const std::uint16_t*>(weight.data_ptr()),
                                y.data_ptr<float>(),
                                columns,
                                rows,
                                k};
    // A thread's share is a multiple of four columns, the width of a tile.
    constexpr std::int64_t kGrain = 16;
    at::parallel_for(0, (columns + 3) / 4, kGrain, [&](std::int64_t first, std::int64_t last) {
        bf16WeightLinear(call, first * 4, std::min(last * 4, columns));
    });
    return y;
}

} // namespace

torch::Tensor weightProduct(const torch::Tensor& x, const torch::Tensor& weight) {
    if (takesBf16Kernel(x, weight)) return bf16WeightProduct(x, weight);
    return at::linear(x, weight.scalar_type() == x.scalar_type() ? weight : weight.to(x.scalar_type()));
}

} // namespace palimpsest
