// Which device a model runs on, and why. No Torch in this header.
#pragma once

#include "engine/api/model_info.h"
#include "engine/base/result.h"
#include "kernels/cpu/packed_weight_linear.h"

#include <optional>
#include <string>

namespace palimpsest {

struct DeviceChoice {
    DeviceInfo info;                    // device, why, dtype, kernels, threads, memory
    int cudaIndex = -1;                 // -1: the CPU
    bool bfloat16Compute = false;       // a GPU's activations and weights
    std::optional<WeightType> products; // the CPU: how matrices are packed; nothing: f32 as LibTorch multiplies it
};

// `device`: "auto", "cpu", "cuda" or "cuda:N"; `dtype`: "auto", "float32", "bfloat16", or "int8" (the CPU's); `threads`:
// 0 = the cores this process may use. Loads the CUDA parts of LibTorch when they and a driver are there; falls back to the
// CPU, with the reason, when anything about them fails. InvalidArgument for names and numbers that mean nothing. Blocks
// briefly.
Result<DeviceChoice> chooseDevice(const std::string& device, const std::string& dtype, int threads);

// Cores this process may use (its affinity mask).
int usableCores();

} // namespace palimpsest
