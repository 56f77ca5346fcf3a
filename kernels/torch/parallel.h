// Torch's threads, lent to the kernels.
#pragma once

#include "kernels/parallel_for.h"

namespace palimpsest {

// A ParallelFor (kernels/parallel_for.h) on Torch's threads. Throws what the body throws. Here and not in the callers'
// files, because at::parallel_for is serial in a file compiled without OpenMP, and one compiled with it cannot share the
// precompiled header.
void parallelFor(std::int64_t items, const std::function<void(std::int64_t first, std::int64_t last)>& body);

} // namespace palimpsest
