// Whether a denoiser was trained for a base: decided by content, never by a file's name. A denoiser file carries the
// embeddings of a few tokens of its base ("base.tokens" (N) I64, "base.embedding" (N, D)); another quantisation of the
// same base is close to them, another base is not. Torch-free, internal to models/.
#pragma once

#include "models/gguf.h"
#include "models/model_config.h"
#include "models/safetensors.h"

namespace palimpsest {

// Relative distance (Frobenius) up to which embeddings count as the same: four-bit files are within about 0.1 of
// their original, embeddings of unrelated models about 1.4 apart.
constexpr double kFitDistance = 0.25;

bool denoiserFits(const SafetensorsFile& denoiser, const GgufFile& gguf, const ModelConfig& config);

// Takes pattern, gamma, experts per token and the base's name from the denoiser's metadata.
Result<void> takeDenoiserSettings(const SafetensorsFile& denoiser, ModelConfig& config);

} // namespace palimpsest
