#include "engine/training/train_schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

namespace palimpsest {

double learningRateAt(const TrainConfig& c, std::int64_t step) {
    if (step < c.warmupSteps) return c.learningRate * double(step + 1) / double(c.warmupSteps);
    const double span = std::max(1, c.steps - 1 - c.warmupSteps);
    const double done = std::min(1.0, double(step - c.warmupSteps) / span);
    const double cosine = (1 + std::cos(std::numbers::pi * done)) / 2;
    return c.learningRate * (c.lastRateShare + (1 - c.lastRateShare) * cosine);
}

int documentTokensAt(const TrainConfig& c, std::int64_t step) {
    int stages = 1;
    for (std::int64_t length = c.firstDocumentTokens; length < c.lastDocumentTokens; length *= 2) ++stages;
    const auto stage = std::clamp<std::int64_t>(step * stages / std::max(1, c.steps), 0, stages - 1);
    return int(std::min<std::int64_t>(std::int64_t(c.firstDocumentTokens) << stage, c.lastDocumentTokens));
}

} // namespace palimpsest
