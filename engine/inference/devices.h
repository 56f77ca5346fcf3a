// Which device a model runs on, and why. No Torch in this header.
#pragma once

#include "engine/api/model_info.h"
#include "engine/base/result.h"

#include <string>

namespace palimpsest {

struct DeviceChoice {
    DeviceInfo info;              // device, why, dtype, kernels, threads, memory
    int cudaIndex = -1;           // -1: the CPU
    bool bfloat16Weights = false; // what a pass reads from memory
    bool bfloat16Compute = false; // only where the hardware multiplies it
};

// `device`: "auto", "cpu", "cuda" or "cuda:N"; `dtype`: "auto", "float32", "bfloat16"; `threads`: 0 = the cores this
// process may use. Loads the CUDA parts of LibTorch when they and a driver are there; falls back to the CPU, with the
// reason, when anything about them fails. InvalidArgument for names and numbers that mean nothing. Blocks briefly.
Result<DeviceChoice> chooseDevice(const std::string& device, const std::string& dtype, int threads);

// Cores this process may use (its affinity mask).
int usableCores();

} // namespace palimpsest
