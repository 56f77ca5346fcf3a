// Which rows the queries of a tile see (kernels/sparse_attention.h), as a list that is made once and used for every head.
//
// Made in a few microseconds: whole stretches are copied, only keys at the edges are looked at one by one. No state but
// what it was built from; const calls from any thread.
#pragma once

#include "kernels/cpu/attention_tile.h"

#include <vector>

namespace palimpsest {

// The first `rows` keys are rows of the clean stream, the others own slots of the run. Rows that all queries of the tile
// see come first, `byAll` of them, then the others by who sees them: keys are multiplied in blocks, by all vectors of
// queries that see one of the block.
struct SeenKeys {
    std::vector<SeenKey> keys;
    std::int64_t rows = 0, byAll = 0;
    std::vector<SeenKey> edges; // the rows that some queries see, while the others are found
};

// Rows [first, last).
struct RowRange {
    std::int64_t first = 0, last = 0;
};

class KeyFinder {
public:
    template<class T>
    explicit KeyFinder(const AttentionInput<T>& input)
        : KeyFinder(input.positions, input.pattern, input.phase, input.globals, input.tree) {}
    KeyFinder(std::span<const std::int64_t> positions, const SparsePattern& pattern, int phase,
              std::span<const std::int64_t> globals, std::span<const TreeSlot> tree = {}); // borrows all spans

    // What queries `query` … `query` + count - 1 of the run see, in an order that depends on nothing else.
    void find(const AttentionRun& run, std::int64_t query, int count, SeenKeys& seen) const;

    // Contains every row that these queries see, except global ones. Not of trees.
    RowRange reached(const AttentionRun& run, std::int64_t query, std::int64_t count) const;

    std::vector<std::int32_t> globalRows() const; // ascending

private:
    struct Tile; // the queries asked about
    RowRange reachedFrom(const AttentionRun& run, std::int64_t first, std::int64_t last) const; // positions
    void findRows(const Tile& tile) const;
    void toSlots(std::int64_t query, int count, SeenKeys& seen) const;
    void addAncestors(std::int64_t query, int count, SeenKeys& seen) const;
    std::int64_t rowAt(std::int64_t position) const;
    bool isGlobal(std::int64_t position) const;
    void addFully(const Tile& tile, RowRange rows) const;
    void add(const Tile& tile, std::int64_t row) const;
    void addGlobals(const Tile& tile, RowRange near) const;
    void addGrid(const Tile& tile, RowRange rows) const;
    void addNear(const Tile& tile, RowRange rows) const;

    std::span<const std::int64_t> m_positions;
    SparsePattern m_pattern;
    int m_phase;
    std::span<const std::int64_t> m_globals;
    std::span<const TreeSlot> m_tree;
    bool m_whole; // positions have no holes
};

} // namespace palimpsest
