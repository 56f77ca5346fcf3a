#include "kernels/cpu/experts_plan.h"

#include "kernels/cpu/packed_weight_linear_tiles.h"

#include <algorithm>
#include <cassert>

namespace palimpsest::detail {

ExpertPlan planExperts(const ExpertsShape& shape, const std::int64_t* chosen, std::int64_t rows) {
    const auto experts = std::size_t(shape.experts);
    const std::int64_t pairs = rows * shape.perToken, chunks = (rows + kRowChunk - 1) / kRowChunk;
    ExpertPlan plan{std::vector<std::int64_t>(static_cast<std::size_t>(pairs)),
                    std::vector<std::int64_t>(static_cast<std::size_t>(pairs)),
                    std::vector<std::int64_t>(experts + 1),
                    {}};
    for (std::int64_t pair = 0; pair < pairs; ++pair) {
        assert(chosen[pair] >= 0 && chosen[pair] < shape.experts);
        ++plan.begins[std::size_t(chosen[pair]) + 1];
    }
    for (std::size_t e = 0; e < experts; ++e) plan.begins[e + 1] += plan.begins[e];
    std::vector<std::int64_t> next(plan.begins.begin(), plan.begins.end() - 1);
    plan.chunkBegins.reserve(std::size_t(chunks + 1) * experts);
    for (std::int64_t chunk = 0; chunk < chunks; ++chunk) {
        plan.chunkBegins.insert(plan.chunkBegins.end(), next.begin(), next.end());
        for (std::int64_t row = chunk * kRowChunk; row < std::min(rows, (chunk + 1) * kRowChunk); ++row)
            for (std::int64_t pair = row * shape.perToken; pair < (row + 1) * shape.perToken; ++pair) {
                const auto sorted = std::size_t(next[std::size_t(chosen[pair])]++);
                plan.pairs[sorted] = pair;
                plan.rows[sorted] = row;
            }
    }
    plan.chunkBegins.insert(plan.chunkBegins.end(), next.begin(), next.end());
    return plan;
}

void appendTiles(std::int64_t expert, std::int64_t begin, std::int64_t end, int rowsAtOnce,
                 std::vector<ExpertTile>& tiles) {
    const std::int64_t rows = end - begin, count = tilesOf(rows, rowsAtOnce);
    for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t first = i * rows / count;
        tiles.push_back({expert, begin + first, int((i + 1) * rows / count - first)});
    }
}

} // namespace palimpsest::detail
