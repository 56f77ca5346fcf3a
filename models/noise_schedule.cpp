#include "models/noise_schedule.h"

#include <algorithm>
#include <cassert>
#include <cmath>

namespace palimpsest {

NoiseSchedule::NoiseSchedule(std::vector<Row> rows) : m_rows(std::move(rows)) {
    assert(m_rows.size() >= 2);
}

double NoiseSchedule::alphaBar(double t) const {
    const auto above = std::ranges::lower_bound(m_rows, t, {}, &Row::t);
    if (above == m_rows.begin()) return std::exp(m_rows.front().logAlphaBar);
    if (above == m_rows.end()) return std::exp(m_rows.back().logAlphaBar);
    const Row &left = *(above - 1), &right = *above;
    const double share = (t - left.t) / (right.t - left.t);
    return std::exp(left.logAlphaBar + share * (right.logAlphaBar - left.logAlphaBar));
}

bool NoiseSchedule::isValid(const std::vector<Row>& rows) {
    if (rows.size() < 2 || rows.front().t != 0 || rows.back().t != 1) return false;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (!std::isfinite(rows[i].logAlphaBar) || rows[i].logAlphaBar >= 0) return false;
        if (i && (!(rows[i].t > rows[i - 1].t) || rows[i].logAlphaBar > rows[i - 1].logAlphaBar)) return false;
    }
    return true;
}

} // namespace palimpsest
