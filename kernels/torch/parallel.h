// Torch's threads, lent to the kernels.
#pragma once

#include <cstdint>
#include <functional>

namespace palimpsest {

// Calls body(first, last) over disjoint ranges that cover [0, items), on Torch's threads, and waits. Throws what the
// body throws. Here and not in the callers' files, because at::parallel_for is serial in a file compiled without
// OpenMP, and one compiled with it cannot share the precompiled header.
void parallelFor(std::int64_t items, const std::function<void(std::int64_t first, std::int64_t last)>& body);

} // namespace palimpsest
