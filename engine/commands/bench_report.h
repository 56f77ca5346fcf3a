// Rows of a benchmark: a figure, its peer in the same run, and their ratio.
#pragma once

#include "engine/api/messages.h"

#include <algorithm>
#include <ctime>
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

// For ratios on a machine that does other things too: one thread is measured by its own processor time, from which what
// runs beside it is left out; several by the wall's.
inline double benchMs(int threads) {
    timespec now{};
    clock_gettime(threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC, &now);
    return double(now.tv_sec) * 1e3 + double(now.tv_nsec) * 1e-6;
}

// The shortest of several runs of `work` on so many threads (0: not the processor's), in ms. Runs at least three times, and
// until `seconds` have gone by.
template<class Work>
double bestMs(const Work& work, int threads, double seconds = 0.4) {
    double best = std::numeric_limits<double>::infinity();
    const double begin = benchMs(0);
    for (int i = 0; i < 3 || benchMs(0) - begin < seconds * 1e3; ++i) {
        const double from = benchMs(threads);
        work();
        best = std::min(best, benchMs(threads) - from);
    }
    return best;
}

} // namespace palimpsest
