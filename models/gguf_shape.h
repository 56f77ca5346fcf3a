// What a GGUF file says of a Llama-family model's shape, checked. Internal to models/.
#pragma once

#include "models/gguf.h"
#include "models/model_config.h"

namespace palimpsest {

struct GgufShape {
    ModelConfig config;
    std::vector<float> ropeFactors; // (K / 2): divide the frequencies; empty: none
};

// Unsupported for architectures and variants whose arithmetic is not the Backbone's (biases, experts, other position
// schemes); Corrupt for missing or absurd values. Says nothing about the tensors' bytes yet.
Result<GgufShape> readGgufShape(const GgufFile& gguf);

} // namespace palimpsest
