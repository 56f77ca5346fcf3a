// What changes from step to step. Torch-free. Steps count from 0.
#pragma once

#include "engine/training/train_config.h"

namespace palimpsest {

// Linear warm-up to the config's rate, then a half cosine down to its last share.
double learningRateAt(const TrainConfig& config, std::int64_t step);

// Doubles from the first length towards the last one in stages of equally many steps; the last stage has the last length.
int documentTokensAt(const TrainConfig& config, std::int64_t step);

} // namespace palimpsest
