// What the noised stream says of a position once the words before it are decided that it did not know.
//
// A pass foretells every open position by itself: of two that are drawn side by side neither knows the other. This head
// moves the hidden state of a position by the two tokens before it, so that the words of one pass are drawn one after
// the other, each knowing those before, for a few products instead of a pass of the model. Sequentially dependent draft
// heads: Hydra (arXiv 2402.05109), here over the hidden states of a diffusion pass. Internal to models/.
#pragma once

#include <functional>
#include <torch/torch.h>

namespace palimpsest {

// in (W, 3 D): of the hidden state, the token before, and the one before that; out (D, W).
struct SequentialHead {
    using Product = std::function<torch::Tensor(const torch::Tensor&)>;
    Product in, out;
    torch::Tensor bias; // (W)
};

// hidden, before, beforeThat (N, D): normed hidden states and rows of the embedding table -> (N, D), to be multiplied with
// the head as `hidden` is:
//   hidden + rms(hidden) out(silu(in [r(hidden); r(before); r(beforeThat)] + bias)),   r(x) = x / rms(x)
// In the type of `hidden`; differentiable where the products are.
torch::Tensor behindTokens(const SequentialHead& head, const torch::Tensor& hidden, const torch::Tensor& before,
                           const torch::Tensor& beforeThat);

// Names of its tensors in denoiser.safetensors; a file without them has no such head.
namespace sequential_head {
constexpr const char* kIn = "sequential.in.weight";
constexpr const char* kBias = "sequential.in.bias";
constexpr const char* kOut = "sequential.out.weight";
} // namespace sequential_head

} // namespace palimpsest
