// `model.json` of a model folder (models/checkpoint.md).
#pragma once

#include "engine/base/result.h"
#include "kernels/sparse_pattern.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

namespace palimpsest {

struct ModelConfig {
    std::string name;
    std::string family = "llama";
    int layers = 0;
    int width = 0;       // D
    int heads = 0;       // H
    int keyHeads = 0;    // G
    int headSize = 0;    // K
    int feedForward = 0; //
    int vocabulary = 0;  // V
    bool tiedHead = true;
    double ropeTheta = 10000;
    double normEpsilon = 1e-5;
    int trainedContext = 2048; // positions the base saw in training
    SparsePattern pattern;
    double gamma = 0.5; // share of exactly absorbed positions at t = 1
    int expertsPerToken = 2;
    std::vector<std::int64_t> neverSampled; // control tokens: no draft contains them
};

Result<ModelConfig> readModelConfig(const std::filesystem::path& folder);
Result<void> writeModelConfig(const ModelConfig& config, const std::filesystem::path& folder);

} // namespace palimpsest
