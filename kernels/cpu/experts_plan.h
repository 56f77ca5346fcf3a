// Inside of experts.h: the pairs (row, choice) of a call, sorted by expert, and how they are cut into work.
#pragma once

#include "kernels/cpu/experts.h"

#include <cstdint>
#include <vector>

namespace palimpsest::detail {

// Consecutive sorted pairs of one expert.
struct ExpertTile {
    std::int64_t expert = 0, begin = 0;
    int count = 0;
};

// Rows whose outputs are added up together: 32 columns of so many fit the first-level cache.
constexpr std::int64_t kRowChunk = 256;

struct ExpertPlan {
    std::vector<std::int64_t> pairs;       // (N * k) sorted: row * k + choice
    std::vector<std::int64_t> rows;        // (N * k): of each sorted pair
    std::vector<std::int64_t> begins;      // (E + 1) into pairs
    std::vector<std::int64_t> chunkBegins; // (chunks + 1, E): the first pair of the expert whose row is in the chunk

    std::int64_t rowOf(std::int64_t sorted) const { return rows[std::size_t(sorted)]; }
};

ExpertPlan planExperts(const ExpertsShape& shape, const std::int64_t* chosen, std::int64_t rows);

// The pairs [begin, end) of one expert in nearly equal tiles of at most `rowsAtOnce`, appended.
void appendTiles(std::int64_t expert, std::int64_t begin, std::int64_t end, int rowsAtOnce,
                 std::vector<ExpertTile>& tiles);

} // namespace palimpsest::detail
