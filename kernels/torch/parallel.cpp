#include "kernels/torch/parallel.h"

#include <ATen/Parallel.h>

namespace palimpsest {

void parallelFor(std::int64_t items, const std::function<void(std::int64_t, std::int64_t)>& body) {
    at::parallel_for(0, items, 1, body);
}

} // namespace palimpsest
