#include "tests/kernels/cuda/emulation/emulated_kernels.h"
#include "tests/kernels/cuda/subject.h"

namespace palimpsest::cuda {

const Subject& subject() {
    static const Subject emulated = [] {
        DeviceInfo info{};
        emulatedKernels().deviceInfo(0, &info);
        return Subject{&emulatedKernels(), {}, info.architecture >= 80};
    }();
    return emulated;
}

} // namespace palimpsest::cuda
