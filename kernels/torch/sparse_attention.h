// Sparse attention over the rows of a clean stream, and over a block's own slots: the definition, in ATen operations.
//
// Keys and values of one position lie side by side in one row, so that a gather fetches both. Rows may be in any order
// and have holes: a row's position decides who sees it. Only the rows that a run of queries sees are gathered, so memory
// is O(queries x reach), whatever the length of the text. Grouped-query heads share their keys without a copy.
// Shape letters: models/shapes.h.
#pragma once

#include "kernels/sparse_pattern.h"

#include <cstdint>
#include <span>
#include <torch/torch.h>

namespace palimpsest {

enum class Sight {
    Causal,   // keys at positions after the query's are not seen (clean stream)
    BothWays, // keys on either side are seen, and all slots of the queries' own block (noised stream)
};

// A run of queries at positions first … first + count - 1.
struct QueryRun {
    std::int64_t first = 0;
    std::int64_t count = 0;
    Sight sight = Sight::Causal;
};

// The rows that any query of a run sees in one layer, and which query sees which. One serves every layer of a phase.
struct KeyView {
    torch::Tensor rows; // (R) int64, in the order of the rows; R may be 0
    torch::Tensor mask; // (count, R), or (count, R + count) with the own slots last: 0 seen, -inf not
};

// `rowPositions[r]` is the position of row r. The mask has `dtype`, both tensors lie on the CPU.
KeyView viewKeys(const SparsePattern& pattern, int layer, const QueryRun& run,
                 std::span<const std::int64_t> rowPositions, torch::ScalarType dtype);

// queries       (S, H, K), any strides with a dense last dimension
// keysAndValues (R, 2, G, K): the rows of the view, own slots included
// mask          (S, R)
// -> (S, H * K), scaled by 1 / sqrt(K)
torch::Tensor attend(const torch::Tensor& queries, const torch::Tensor& keysAndValues, const torch::Tensor& mask);

// The whole of one layer for a run of queries, a chunk at a time: queries (S, H, K) see rows (L, 2, G, K) and, when
// the sight is BothWays, `own` (S, 2, G, K). -> (S, H * K)
torch::Tensor sparseAttention(const SparsePattern& pattern, int layer, const QueryRun& run,
                              const torch::Tensor& queries, const torch::Tensor& rows,
                              std::span<const std::int64_t> rowPositions, const torch::Tensor& own);

constexpr std::int64_t kQueryChunk = 256; // causal queries that share one gather

} // namespace palimpsest
