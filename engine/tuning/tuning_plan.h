// How long a tuning is. Torch-free.
#pragma once

#include "engine/api/tuning.h"

namespace palimpsest {

// Measured on this machine, seconds each.
struct TuningCosts {
    double step = 0;
    double checkpoint = 0; // an evaluation and its samples
};

struct TuningPlan {
    std::int64_t steps = 1, checkpointSteps = 1; // updates in all, and between two checkpoints with samples
    double seconds(const TuningCosts& costs, std::int64_t stepsDone) const; // that are left
};

// A preset is a number of passes over the text, within bounds: quick 1, balanced 3, thorough 8. `minutes` above 0: as many
// steps as fit into that time instead.
TuningPlan planTuning(TuningPreset preset, double minutes, double passSteps, const TuningCosts& costs);

} // namespace palimpsest
