#include "engine/inference/strength.h"

#include <algorithm>
#include <array>

namespace palimpsest {
namespace {

struct Row {
    double share, level;
};

// Share of words that change against the level. Three points were tried by hand on the shipped denoiser (0.5: none,
// 0.75: a fifth, 0.9: nearly all; DESIGN.md, section 2); the rows between are drawn through them, not measured.
constexpr std::array<Row, 7> kMeasured{
    {{0.0, 0.5}, {0.05, 0.65}, {0.2, 0.75}, {0.45, 0.82}, {0.7, 0.87}, {0.9, 0.92}, {1.0, 1.0}}};

} // namespace

double levelOfStrength(double share) {
    if (share <= 0) return 0;
    if (share >= 1) return 1;
    const auto above = std::upper_bound(kMeasured.begin(), kMeasured.end(), share,
                                        [](double value, const Row& row) { return value < row.share; });
    const Row& low = *(above - 1);
    const double part = (share - low.share) / (above->share - low.share);
    return low.level + part * (above->level - low.level);
}

} // namespace palimpsest
