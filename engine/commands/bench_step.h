// Measurements of one model on this machine, each a median of several runs. No Torch in this header.
#pragma once

#include "engine/api/model_info.h"
#include "engine/base/result.h"

#include <string>

namespace palimpsest {

struct StepBenchOptions {
    std::string folder; // of the model
    std::string device = "auto";
    int threads = 0;
    int context = 4096; // tokens of clean text before the block
    int block = 32;     // positions of the block
    int runs = 9;       // of what takes less than a second
};

struct StepBench {
    DeviceInfo device;
    double stepMs = 0;         // one noised pass of the block
    double productsMs = 0;     // its matrix products alone: the same shapes, weights of its own for every layer
    double prefillSeconds = 0; // a fresh encoding of the context
    double freshFirstMs = 0;   // that, and the first step of a draft
    double editFirstMs = 0;    // the same after one paragraph near the end was edited
    int editedTokens = 0;      // run again after that edit
};

// Blocks for about a minute on two cores.
Result<StepBench> benchStep(const StepBenchOptions& options);

// Prose of at least `bytes` bytes, the same on every machine.
std::string benchText(std::size_t bytes);

} // namespace palimpsest
