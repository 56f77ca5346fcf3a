#include "kernels/torch/weight_product.h"

#include "kernels/cpu/bf16_weight_linear.h"
#include "kernels/cpu/int8_weight_linear.h"
#include "kernels/torch/kernel_choice.h"
#include "kernels/torch/parallel.h"

#include <algorithm>

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
    constexpr std::int64_t kPiece = 64;
    parallelFor((columns + kPiece - 1) / kPiece, [&](std::int64_t first, std::int64_t last) {
        bf16WeightLinear(call, first * kPiece, std::min(last * kPiece, columns));
    });
    return y;
}

// T is float or Bf16, as x holds.
template<class T>
void packedProductInto(const torch::Tensor& x, const PreparedWeight& weight, torch::Tensor& y) {
    const std::int64_t rows = x.size(0), k = weight.k;
    const std::size_t rowBytes = activationBytes(weight.type, k);
    const torch::Tensor prepared = torch::empty({rows * std::int64_t(rowBytes)}, torch::kUInt8);
    auto* bytes = static_cast<std::byte*>(prepared.data_ptr());
    const auto* values = static_cast<const T*>(x.data_ptr());
    parallelRows(rows, k, parallelFor, [&](std::int64_t first, std::int64_t last) {
        prepareActivations(weight.type, values + first * k, k, last - first, k, bytes + std::size_t(first) * rowBytes);
    });
    const PackedProduct<T> call{
        {weight.type, weight.columns, k, static_cast<const std::byte*>(weight.packed.data_ptr())},
        bytes,
        rows,
        static_cast<T*>(y.data_ptr()),
        weight.columns};
    parallelFor(call.weights.panels(),
                [&](std::int64_t first, std::int64_t last) { packedProduct(call, first, last); });
}

// Every run of `run` positions of a row rounded to multiples of its largest magnitude / 127.
torch::Tensor roundedToInt8(const torch::Tensor& m, std::int64_t run) {
    const std::int64_t k = m.size(1), padded = (k + run - 1) / run * run;
    const auto runs = at::constant_pad_nd(m, {0, padded - k}).view({m.size(0), padded / run, run});
    const auto scales = runs.abs().amax(2, true).div(127);
    return at::where(scales > 0, (runs / scales).round().mul(scales), at::zeros_like(runs))
        .view({m.size(0), padded})
        .narrow(1, 0, k);
}

torch::Tensor emptyPacked(const PreparedWeight& w) {
    return torch::empty({std::int64_t(packedWeightBytes(w.type, w.columns, w.k))}, torch::kUInt8);
}

} // namespace

PreparedWeight prepareWeight(const torch::Tensor& weight, WeightType type) {
    TORCH_CHECK(weight.dim() == 2 && weight.is_floating_point(), "prepareWeight: not a matrix of floating numbers");
    PreparedWeight prepared{type, weight.size(0), weight.size(1), {}, {}};
    if (!weight.device().is_cpu() || kernelChoice() == KernelChoice::Reference) {
        prepared.original = weight;
        return prepared;
    }
    const bool bf16 = weight.scalar_type() == torch::kBFloat16;
    const auto source = weight.detach().to(bf16 ? torch::kBFloat16 : torch::kFloat32).contiguous();
    prepared.packed = emptyPacked(prepared);
    auto* to = static_cast<std::byte*>(prepared.packed.data_ptr());
    if (bf16)
        packWeights(type, static_cast<const Bf16*>(source.data_ptr()), prepared.k, prepared.columns, prepared.k, to);
    else
        packWeights(type, source.data_ptr<float>(), prepared.k, prepared.columns, prepared.k, to);
    return prepared;
}

PreparedWeight prepareInt8Weight(const torch::Tensor& weight, const torch::Tensor& scales) {
    TORCH_CHECK(weight.dim() == 2 && weight.scalar_type() == torch::kInt8 && weight.device().is_cpu() &&
                    scales.scalar_type() == torch::kFloat32 && scales.dim() == 1 && scales.size(0) == weight.size(0),
                "prepareInt8Weight: not int8 rows with a scale each");
    PreparedWeight prepared{WeightType::Int8, weight.size(0), weight.size(1), {}, {}};
    if (kernelChoice() == KernelChoice::Reference) {
        prepared.original = weight * scales.unsqueeze(1);
        return prepared;
    }
    prepared.packed = emptyPacked(prepared);
    packInt8Weights(weight.contiguous().const_data_ptr<std::int8_t>(), scales.contiguous().const_data_ptr<float>(),
                    prepared.columns, prepared.k, static_cast<std::byte*>(prepared.packed.data_ptr()));
    return prepared;
}

// Packed weights are panels of columns, one after the other.
PreparedWeight firstColumns(const PreparedWeight& weight, std::int64_t columns) {
    PreparedWeight first = weight;
    first.columns = columns;
    if (first.original.defined()) first.original = weight.original.narrow(0, 0, columns);
    return first;
}

torch::Tensor weightProduct(const torch::Tensor& x, const PreparedWeight& weight) {
    if (!weight.packed.defined()) return weightProductDefinition(x, weight.original, weight.type);
    TORCH_CHECK(x.dim() >= 1 && x.size(-1) == weight.k && x.device().is_cpu(),
                "weightProduct: x does not fit the weights");
    const bool bf16 = x.scalar_type() == torch::kBFloat16;
    TORCH_CHECK(bf16 || x.scalar_type() == torch::kFloat32, "weightProduct: x is neither f32 nor bf16");
    const auto flat = x.detach().reshape({weight.k ? x.numel() / weight.k : 0, weight.k}).contiguous();
    auto shape = x.sizes().vec();
    shape.back() = weight.columns;
    auto y = torch::empty(shape, flat.options());
    if (bf16)
        packedProductInto<Bf16>(flat, weight, y);
    else
        packedProductInto<float>(flat, weight, y);
    return y;
}

torch::Tensor weightProductDefinition(const torch::Tensor& x, const torch::Tensor& weight, WeightType type) {
    if (type != WeightType::Int8)
        return at::linear(x, weight.scalar_type() == x.scalar_type() ? weight : weight.to(x.scalar_type()));
    const std::int64_t k = weight.size(1);
    const auto rows = roundedToInt8(x.reshape({k ? x.numel() / k : 0, k}).to(torch::kFloat32), kInt8Group);
    auto shape = x.sizes().vec();
    shape.back() = weight.size(0);
    return at::linear(rows, roundedToInt8(weight.to(torch::kFloat32), std::max<std::int64_t>(k, 1)))
        .view(shape)
        .to(x.scalar_type());
}

torch::Tensor weightProduct(const torch::Tensor& x, const torch::Tensor& weight) {
    if (takesBf16Kernel(x, weight)) return bf16WeightProduct(x, weight);
    return at::linear(x, weight.scalar_type() == x.scalar_type() ? weight : weight.to(x.scalar_type()));
}

} // namespace palimpsest
