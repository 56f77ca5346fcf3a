// A model that begins from random weights: the folder training with `train_base` starts from, and the one it writes.
#pragma once

#include "engine/base/result.h"
#include "models/model_config.h"
#include "models/noise_schedule.h"
#include "models/training_parameters.h"

#include <filesystem>
#include <functional>
#include <map>
#include <string>

namespace palimpsest {

struct ScratchSizes {
    int layers = 4, width = 128, heads = 4, feedForward = 384; // the width is a multiple of twice the heads
    int context = 2048;                                        // positions it may be trained on
    double embeddingDeviation = 0;                             // of fresh embeddings; 0: 1 / sqrt(width)
    bool calibrated = true; // the noise schedule, on the fresh embeddings (models/calibrate.h); false: the square root
    SparsePattern pattern;
    double gamma = 0.5;
    int expertsPerToken = 2;
    std::uint64_t seed = 1;
};

// Alpha-bar = 1 - sqrt(t): DiffuSeq's square-root schedule (Li et al., arXiv 2205.14217; Gong et al., 2210.08933).
NoiseSchedule squareRootSchedule();

// The tensors of base.safetensors with a tied head (models/checkpoint.md), without its schedule.
std::vector<ParameterSpec> baseSpecs(const ModelConfig& config);

// The files of a model folder besides its tokenizer. `tensor` gives each tensor of baseSpecs(); `denoiser`, when it is
// not empty, is a denoiser.safetensors that lies in the folder already. Weights are stored as f32. Io, Full.
Result<void> writeBaseFolder(const std::filesystem::path& folder, ModelConfig config,
                             const std::function<torch::Tensor(const std::string&)>& tensor,
                             const NoiseSchedule& schedule, bool denoiser);

// Makes `folder` with fresh weights and a copy of `tokenizer` (a SentencePiece model with byte pieces); one that is there
// already stays as it is. InvalidArgument, NotFound, Corrupt, Io, Full.
Result<void> makeScratchModel(const std::filesystem::path& folder, const ScratchSizes& sizes,
                              const std::filesystem::path& tokenizer);

} // namespace palimpsest
