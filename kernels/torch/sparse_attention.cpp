#include "kernels/torch/sparse_attention.h"

#include <limits>
#include <vector>

namespace palimpsest {
namespace {

// Whether some query of the run sees a key at `position`: the same rule as SparsePattern::sees, with the distance to
// the nearest query.
bool seenByAny(const SparsePattern& pattern, int layer, const QueryRun& run, std::int64_t position) {
    const std::int64_t last = run.first + run.count - 1;
    if (run.sight == Sight::Causal && position > last) return false;
    return pattern.sees(std::clamp(position, run.first, last), position, layer);
}

} // namespace

KeyView viewKeys(const SparsePattern& pattern, int layer, const QueryRun& run,
                 std::span<const std::int64_t> rowPositions, torch::ScalarType dtype) {
    std::vector<std::int64_t> rows;
    for (std::size_t r = 0; r < rowPositions.size(); ++r)
        if (seenByAny(pattern, layer, run, rowPositions[r])) rows.push_back(std::int64_t(r));

    const auto seen = std::int64_t(rows.size());
    const std::int64_t own = run.sight == Sight::BothWays ? run.count : 0;
    torch::Tensor mask = torch::zeros({run.count, seen + own});
    auto* values = mask.data_ptr<float>();
    for (std::int64_t q = 0; q < run.count; ++q, values += seen + own)
        for (std::int64_t k = 0; k < seen; ++k) {
            const std::int64_t query = run.first + q, key = rowPositions[std::size_t(rows[std::size_t(k)])];
            if ((run.sight == Sight::Causal && key > query) || !pattern.sees(query, key, layer))
                values[k] = -std::numeric_limits<float>::infinity();
        }
    return {torch::tensor(rows, torch::kInt64), mask.to(dtype)};
}

torch::Tensor attend(const torch::Tensor& queries, const torch::Tensor& keysAndValues, const torch::Tensor& mask) {
    const std::int64_t count = queries.size(0), heads = queries.size(1), size = queries.size(2);
    const std::int64_t rows = keysAndValues.size(0), groups = keysAndValues.size(2), shared = heads / groups;
    // Key heads take the place of the batch, the query heads that share one are its heads: (G, H / G, ., K).
    const auto q = queries.unflatten(1, {groups, shared}).permute({1, 2, 0, 3});
    const auto kv = keysAndValues.permute({1, 2, 0, 3}).unsqueeze(2).expand({2, groups, shared, rows, size});
    const auto out = at::scaled_dot_product_attention(q, kv[0], kv[1], mask.expand({groups, shared, count, rows}));
    return out.permute({2, 0, 1, 3}).reshape({count, heads * size});
}

torch::Tensor sparseAttention(const SparsePattern& pattern, int layer, const QueryRun& run,
                              const torch::Tensor& queries, const torch::Tensor& rows,
                              std::span<const std::int64_t> rowPositions, const torch::Tensor& own) {
    const bool whole = run.sight == Sight::BothWays; // own slots see each other: they stay together
    const std::int64_t chunk = whole ? run.count : kQueryChunk;
    std::vector<torch::Tensor> outputs;
    for (std::int64_t begin = 0; begin < run.count; begin += chunk) {
        const std::int64_t count = std::min(chunk, run.count - begin);
        const KeyView view =
            viewKeys(pattern, layer, {run.first + begin, count, run.sight}, rowPositions, queries.scalar_type());
        torch::Tensor seen = rows.index_select(0, view.rows.to(rows.device()));
        if (whole) seen = torch::cat({seen, own});
        outputs.push_back(attend(queries.narrow(0, begin, count), seen, view.mask.to(rows.device())));
    }
    return torch::cat(outputs);
}

} // namespace palimpsest
