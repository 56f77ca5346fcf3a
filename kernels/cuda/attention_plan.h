// Who computes what in the sparse attention of a card, laid out by the host once and used for all heads, and for all
// layers of the same phase. What is seen is defined in kernels/sparse_attention.h; positions here fit in 30 bits.
//
// Keys. Rows are put in three classes by how far they are seen: plain (window), grid (reach) and global (everywhere).
// The *order* lists the rows class by class, ascending within a class; so every key is met once, what a tile of queries
// sees of a class is one range of the order, and a tile of keys of one class is seen by one interval of positions.
//
// Queries. The heads that share a key head are put together: packed row r of a run is query r / (H / G), head r % (H / G)
// of the group. A tile has up to 64 packed rows of one run, so a short block of queries still fills it and keys are read
// once for all heads of a group.
//
// Backward: gradients of keys are summed by tiles of keys, which list the tiles of queries that see them. A tile seen by
// very many (globals) is cut into parts whose sums are added afterwards in a fixed order; nothing needs atomics.
//
// Threads: pure functions. Nothing fails except by sizes beyond 30 bits (empty result of planAttention).
#pragma once

#include "kernels/cuda/attention_tiles.h"
#include "kernels/sparse_attention.h"

#include <cstdint>
#include <optional>
#include <vector>

namespace palimpsest::cuda {

// `words` is copied to the card as it is.
struct AttentionPlan {
    std::vector<std::int32_t> words;
    AttentionPlanSizes sizes;
};

struct AttentionShape {
    std::int64_t heads = 1, keyHeads = 1; // H, G
    SparsePattern pattern;
    int phase = 0;

    bool operator==(const AttentionShape&) const = default;
};

// Nothing when a position, a count or the list of tiles does not fit.
std::optional<AttentionPlan> planAttention(const AttentionShape& shape, std::span<const std::int64_t> positions,
                                           std::span<const std::int64_t> globals, std::span<const AttentionRun> runs);

} // namespace palimpsest::cuda
