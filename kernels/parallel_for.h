// How a caller of the kernels lends threads.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>

namespace palimpsest {

// Calls body(first, last) over disjoint ranges that cover [0, items), and waits. Results never depend on how the range
// was cut.
using ParallelFor =
    std::function<void(std::int64_t items, const std::function<void(std::int64_t first, std::int64_t last)>& body)>;

// body(first, last) over rows of `numbersEach` numbers that are walked once or twice, in pieces that are worth a thread:
// to wake one takes longer than the few rows of a drafting pass do.
template<class Body>
void parallelRows(std::int64_t rows, std::int64_t numbersEach, const ParallelFor& parallel, const Body& body) {
    constexpr std::int64_t kWorthAThread = 1 << 15; // numbers
    const std::int64_t piece = std::max<std::int64_t>(1, kWorthAThread / std::max<std::int64_t>(1, numbersEach));
    if (rows <= piece) {
        if (rows > 0) body(std::int64_t(0), rows);
        return;
    }
    parallel((rows + piece - 1) / piece,
             [&](std::int64_t first, std::int64_t last) { body(first * piece, std::min(rows, last * piece)); });
}

} // namespace palimpsest
