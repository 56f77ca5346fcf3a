// What the Torch wrappers of the CUDA kernels run on: the emulation, with tensors of the CPU, or the plug-in with tensors on
// a device. Linked in twice, by two test programs.
#pragma once

#include "kernels/torch/card.h"

#include "tests/support/cases.h"

namespace palimpsest {

struct TorchSubject {
    std::optional<Card> card; // nothing: there is nothing to run on, and why
    std::string reason;
    torch::Device device = torch::kCPU; // where its tensors are
    bool bf16 = true;
};
const TorchSubject& torchSubject();

} // namespace palimpsest
