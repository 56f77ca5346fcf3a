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
    int width = 0;    // D
    int heads = 0;    // H
    int keyHeads = 0; // G
    int headSize = 0; // K
    int feedForward = 0;
    int vocabulary = 0; // V
    bool tiedHead = true;
    double ropeTheta = 10000;
    double normEpsilon = 1e-5;
    int trainedContext = 2048; // positions the base saw in training
    SparsePattern pattern;
    double gamma = 0.5; // share of exactly absorbed positions at t = 1
    int expertsPerToken = 2;
    std::vector<std::int64_t> neverSampled; // control and unused tokens: no draft contains them
    std::string baseDigest;                 // SHA-256 of the bytes of base.safetensors' tensors, hex
    std::string denoiserDigest;             // the same of denoiser.safetensors; empty when there is none
};

// NotFound, Corrupt, NewerFormat; every value is checked against its range.
Result<ModelConfig> readModelConfig(const std::filesystem::path& folder);
// Atomic: `model.json` is either the whole new file or as it was.
Result<void> writeModelConfig(const ModelConfig& config, const std::filesystem::path& folder);

} // namespace palimpsest
