// Rows of a benchmark: a figure, its peer in the same run, and their ratio.
#pragma once

#include "engine/api/messages.h"

#include <chrono>
#include <limits>
#include <string>
#include <vector>

namespace palimpsest {

struct BenchRow {
    std::string what;  // "forward f32", …
    int size = 0;      // length or rows, whichever the benchmark varies
    double ms = 0;     // the best of several runs
    std::string peer;  // what it is compared with
    double peerMs = 0; // its best in the same run; for a peak: the time the work would take at that rate
    double ratio() const { return ms > 0 ? peerMs / ms : 0; } // above 1: faster than the peer
};

Json toJson(const BenchRow& row);
std::string toText(const std::vector<BenchRow>& rows, const char* sizeName);

// The shortest of several runs of `work`, in ms: for ratios on a machine that does other things too. Runs at least
// three times, and until `seconds` have gone by.
template<class Work>
double bestMs(const Work& work, double seconds = 0.4) {
    using Clock = std::chrono::steady_clock;
    const auto ms = [](Clock::duration d) { return std::chrono::duration<double, std::milli>(d).count(); };
    double best = std::numeric_limits<double>::infinity();
    const auto begin = Clock::now();
    for (int i = 0; i < 3 || ms(Clock::now() - begin) < seconds * 1e3; ++i) {
        const auto from = Clock::now();
        work();
        best = std::min(best, ms(Clock::now() - from));
    }
    return best;
}

} // namespace palimpsest
