// Level t in [0, 1] -> alpha-bar, calibrated on the embedding table: log alpha-bar(t) is the level at which
// nearest-embedding decoding of a soft state errs with probability t (DESIGN.md, section 2).
#pragma once

#include <vector>

namespace palimpsest {

class NoiseSchedule {
public:
    struct Row {
        double t = 0;
        double logAlphaBar = 0;
    };

    // Rising in t from 0 to 1, never rising in logAlphaBar, which is below 0; at least two rows.
    static bool isValid(const std::vector<Row>& rows);

    // `rows` must be valid.
    explicit NoiseSchedule(std::vector<Row> rows);

    double alphaBar(double t) const; // linear in log between rows; t outside [0, 1] is clamped
    const std::vector<Row>& rows() const { return m_rows; }

private:
    std::vector<Row> m_rows;
};

} // namespace palimpsest
