#include "tests/kernels/cuda/emulation/emulated_kernels.h"
#include "tests/kernels/cuda/torch_subject.h"

namespace palimpsest {

const TorchSubject& torchSubject() {
    static const TorchSubject emulated{Card{&cuda::emulatedKernels(), nullptr}, {}, torch::kCPU, true};
    return emulated;
}

} // namespace palimpsest
