#include "engine/tuning/tuning_plan.h"

#include <algorithm>
#include <cmath>

namespace palimpsest {
namespace {

struct Length {
    double passes;
    std::int64_t least, most; // steps
    int checkpoints;
};
constexpr Length kLengths[] = {{1, 30, 200, 5}, {3, 60, 800, 8}, {8, 120, 3000, 12}};

constexpr double kCheckpointShare = 1.0 / 3; // of the minutes, at most: what is measured must not crowd out learning

} // namespace

double TuningPlan::seconds(const TuningCosts& costs, std::int64_t done) const {
    if (done >= steps) return 0;
    const std::int64_t all = (steps + checkpointSteps - 1) / checkpointSteps;
    return double(steps - done) * costs.step + double(all - done / checkpointSteps) * costs.checkpoint;
}

TuningPlan planTuning(TuningPreset preset, double minutes, double passSteps, const TuningCosts& costs) {
    const Length& length = kLengths[std::size_t(preset)];
    TuningPlan plan;
    plan.steps = std::clamp(std::int64_t(std::ceil(length.passes * passSteps)), length.least, length.most);
    int checkpoints = length.checkpoints;
    if (minutes > 0) {
        const double most = minutes * 60 * kCheckpointShare / std::max(costs.checkpoint, 1e-6);
        checkpoints = int(std::clamp(most, 1.0, double(checkpoints)));
        const double left = minutes * 60 - checkpoints * costs.checkpoint;
        plan.steps = std::max<std::int64_t>(2, std::int64_t(left / std::max(costs.step, 1e-6)));
    }
    plan.checkpointSteps = std::max<std::int64_t>(1, (plan.steps + checkpoints - 1) / checkpoints);
    return plan;
}

} // namespace palimpsest
