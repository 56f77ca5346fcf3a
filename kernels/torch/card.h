// The CUDA plug-in as the operations of Torch use it. Internal to kernels/torch and its tests;
// the engine asks only whyNoCard().
#pragma once

#include "kernels/cuda/plugin.h"

#include <optional>
#include <string>
#include <torch/torch.h>

namespace palimpsest {

// A table of kernels, and the stream its calls go to. The tensors of a call are where the table works: on the current
// device, or, for the emulation of tests, in the program's own memory.
struct Card {
    const cuda::CudaKernels* kernels = nullptr; // never null
    void* stream = nullptr;                     // a cudaStream_t
};

// The plug-in for work on `x`, on Torch's current stream of x's device; nothing when x is on no CUDA device or its
// numbers are neither f16 nor bf16, when there is no plug-in, or with PALIMPSEST_KERNELS=reference. The first call for a
// tensor on a CUDA device loads the plug-in and blocks meanwhile. Thread-safe. The caller guards the device.
std::optional<Card> cardFor(const torch::Tensor& x);

// Why there are no kernels for a CUDA device, in one sentence; empty when there are. Loads as cardFor() does.
std::string whyNoCard();

// Whether a call was launched. False: the kernels do not take its sizes, or not on this card, and the definition is to
// run. Throws c10::Error when CUDA refused it.
bool launched(const Card& card, cuda::Status status, const char* what);

inline cuda::Format cardFormat(const torch::Tensor& x) {
    return x.scalar_type() == torch::kBFloat16 ? cuda::Format::Bf16 : cuda::Format::F16;
}

// A matrix of rows as the kernels take it: pointer and row stride multiples of 16 bytes. A copy where it is not.
torch::Tensor alignedRows(const torch::Tensor& x);

} // namespace palimpsest
