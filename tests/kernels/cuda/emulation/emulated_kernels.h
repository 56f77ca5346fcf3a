// The table of kernels/cuda/plugin.h, run on the processor by the emulation: memory is the program's own, every call has
// ended when it returns. One call at a time per program.
#pragma once

#include "kernels/cuda/plugin.h"

namespace palimpsest::cuda {

const CudaKernels& emulatedKernels();

} // namespace palimpsest::cuda
