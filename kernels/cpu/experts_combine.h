// Inside of experts.h: a product per pair whose results are added up by row.
#pragma once

#include "kernels/cpu/experts_plan.h"

namespace palimpsest::detail {

struct PairProduct {
    WeightType type = WeightType::F32;
    const std::byte* weights = nullptr; // packed (columns, k) of each expert: panels in the order (panel, E)
    std::int64_t columns = 0, k = 0;
    const std::byte* activations = nullptr; // one prepared row per sorted pair, `activationBytes` apart
    std::size_t activationBytes = 0;
    const float* shares = nullptr; // (N, perToken), factors; null: all one
};

// sum (N, columns) += what the products of each row's pairs add up to, in the order of the experts.
template<class T>
void addPairs(const ExpertPlan& plan, const PairProduct& product, std::int64_t rows, T* sum, std::int64_t sumStride,
              const ParallelFor& parallel);

} // namespace palimpsest::detail
