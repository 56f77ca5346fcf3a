// A chosen device as the model layer takes it.
#pragma once

#include "engine/inference/devices.h"
#include "models/model.h"

namespace palimpsest {

inline ModelOptions modelOptionsOf(const DeviceChoice& choice) {
    ModelOptions options;
    if (choice.cudaIndex >= 0) options.device = torch::Device(torch::kCUDA, torch::DeviceIndex(choice.cudaIndex));
    options.dtype = choice.bfloat16Compute ? torch::kBFloat16 : torch::kFloat32;
    options.products = choice.products;
    return options;
}

} // namespace palimpsest
