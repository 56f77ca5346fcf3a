#include "models/sequential_head.h"

namespace palimpsest {
namespace {

constexpr double kLeast = 1e-6; // under the root: an embedding may be all zeros

torch::Tensor rootMeanSquare(const torch::Tensor& x) {
    return (x.square().mean(-1, true) + kLeast).sqrt();
}

} // namespace

torch::Tensor behindTokens(const SequentialHead& head, const torch::Tensor& hidden, const torch::Tensor& before,
                           const torch::Tensor& beforeThat) {
    const auto size = rootMeanSquare(hidden);
    const auto input =
        at::cat({hidden / size, before / rootMeanSquare(before), beforeThat / rootMeanSquare(beforeThat)}, 1);
    return hidden + size * head.out(at::silu(head.in(input) + head.bias));
}

} // namespace palimpsest
