#include "kernels/cpu/sparse_attention_keys.h"

#include <algorithm>
#include <utility>

namespace palimpsest {
namespace {

constexpr std::int64_t kInfinite = std::int64_t(1) << 60; // a radius past every position, with room for sums

RowRange common(RowRange a, RowRange b) {
    return {std::max(a.first, b.first), std::min(a.last, b.last)};
}

// Orders keys by the last query that sees them, then the first, then the row: one number, which sorts faster than three.
std::int64_t bySight(const SeenKey& key) {
    return std::int64_t(key.last) << 48 | std::int64_t(key.first) << 32 | key.row;
}

} // namespace

struct KeyFinder::Tile {
    const AttentionRun& run;
    std::int64_t first, last; // positions of the queries
    RowRange hidden;
    SeenKeys& seen;

    std::int16_t count() const { return std::int16_t(last - first + 1); }
};

KeyFinder::KeyFinder(std::span<const std::int64_t> positions, const SparsePattern& pattern, int phase,
                     std::span<const std::int64_t> globals, std::span<const TreeSlot> tree)
    : m_positions(positions),
      m_pattern(pattern),
      m_phase(phase),
      m_globals(globals),
      m_tree(tree),
      m_whole(positions.empty() || positions.back() - positions.front() == std::int64_t(positions.size()) - 1) {}

// The first row at or after a position.
std::int64_t KeyFinder::rowAt(std::int64_t position) const {
    if (m_positions.empty() || position <= m_positions.front()) return 0;
    if (position > m_positions.back()) return std::int64_t(m_positions.size());
    if (m_whole) return position - m_positions.front();
    return std::ranges::lower_bound(m_positions, position) - m_positions.begin();
}

bool KeyFinder::isGlobal(std::int64_t position) const {
    return position < m_pattern.globals || (!m_globals.empty() && std::ranges::binary_search(m_globals, position));
}

void KeyFinder::add(const Tile& tile, std::int64_t row) const {
    if (row >= tile.hidden.first && row < tile.hidden.last) return;
    const std::int64_t position = m_positions[std::size_t(row)];
    std::int64_t radius = m_pattern.window;
    if (tile.run.seesAll || isGlobal(position))
        radius = kInfinite;
    else if (position % m_pattern.dilation == m_phase)
        radius = m_pattern.reach();
    const std::int64_t from = tile.run.causal ? position : position - radius + 1;
    const std::int64_t first = std::max(from, tile.first), last = std::min(position + radius - 1, tile.last);
    if (first > last) return;
    const bool byAll = first == tile.first && last == tile.last;
    (byAll ? tile.seen.keys : tile.seen.edges)
        .push_back({std::int32_t(row), std::int16_t(first - tile.first), std::int16_t(last - tile.first)});
}

// Rows that every query of the tile sees, unless hidden.
void KeyFinder::addFully(const Tile& tile, RowRange rows) const {
    const RowRange before = common(rows, {0, tile.hidden.first});
    const RowRange after = common(rows, {tile.hidden.last, std::int64_t(m_positions.size())});
    for (const RowRange range : {before, after}) {
        if (range.first >= range.last) continue;
        const std::size_t at = tile.seen.keys.size();
        tile.seen.keys.resize(at + std::size_t(range.last - range.first));
        SeenKey* to = tile.seen.keys.data() + at;
        for (std::int64_t row = range.first; row < range.last; ++row)
            *to++ = {std::int32_t(row), 0, std::int16_t(tile.count() - 1)};
    }
}

// Global rows outside `near`.
void KeyFinder::addGlobals(const Tile& tile, RowRange near) const {
    const std::int64_t leading = rowAt(m_pattern.globals);
    for (std::int64_t row = 0; row < std::min(leading, near.first); ++row) add(tile, row);
    for (std::int64_t row = near.last; row < leading; ++row) add(tile, row);
    for (const std::int64_t position : m_globals) {
        const std::int64_t row = rowAt(position);
        const bool present = row < std::int64_t(m_positions.size()) && m_positions[std::size_t(row)] == position;
        if (present && row >= leading && (row < near.first || row >= near.last)) add(tile, row);
    }
}

// Rows on the grid, except global ones.
void KeyFinder::addGrid(const Tile& tile, RowRange rows) const {
    if (rows.first >= rows.last) return;
    const std::int64_t dilation = m_pattern.dilation, start = m_positions[std::size_t(rows.first)];
    const bool whole = m_positions[std::size_t(rows.last - 1)] - start == rows.last - 1 - rows.first;
    std::int64_t row = rows.first;
    if (whole) row += ((m_phase - start) % dilation + dilation) % dilation;
    for (; row < rows.last; row += whole ? dilation : 1) {
        const std::int64_t position = m_positions[std::size_t(row)];
        if ((whole || position % dilation == m_phase) && !isGlobal(position)) add(tile, row);
    }
}

// Rows less than a window from some query: one by one at the edges, the middle as a whole.
void KeyFinder::addNear(const Tile& tile, RowRange rows) const {
    const std::int64_t window = m_pattern.window;
    RowRange middle{rowAt(tile.last - window + 1), rowAt(tile.run.causal ? tile.first + 1 : tile.first + window)};
    middle.first = std::clamp(middle.first, rows.first, rows.last);
    middle.last = std::clamp(middle.last, middle.first, rows.last);
    for (std::int64_t row = rows.first; row < middle.first; ++row) add(tile, row);
    addFully(tile, middle);
    for (std::int64_t row = middle.last; row < rows.last; ++row) add(tile, row);
}

void KeyFinder::findRows(const Tile& tile) const {
    if (tile.run.seesAll) {
        const auto rows = std::int64_t(m_positions.size());
        const std::int64_t edge = tile.run.causal ? rowAt(tile.first + 1) : rows;
        addFully(tile, {0, edge});
        for (std::int64_t row = edge; row < rows && m_positions[std::size_t(row)] <= tile.last; ++row) add(tile, row);
        return;
    }
    const RowRange reach = reachedFrom(tile.run, tile.first, tile.last);
    const RowRange near{rowAt(tile.first - m_pattern.window + 1),
                        tile.run.causal ? reach.last : rowAt(tile.last + m_pattern.window)};
    addGlobals(tile, near);
    addGrid(tile, {reach.first, near.first});
    addNear(tile, near);
    addGrid(tile, {near.last, reach.last});
}

// From positions to slots: those from where a row is seen may lie in several stretches, and then it is listed as often.
void KeyFinder::toSlots(std::int64_t query, int count, SeenKeys& seen) const {
    const std::span<const TreeSlot> slots = m_tree.subspan(std::size_t(query), std::size_t(count));
    const std::int32_t nearest = std::ranges::min(slots, {}, &TreeSlot::depth).depth;
    for (SeenKey& key : seen.keys) key.last = std::int16_t(count - 1);
    const std::vector<SeenKey> byPosition = std::exchange(seen.edges, {}); // a few
    for (const SeenKey& key : byPosition) {
        const auto sees = [&](std::size_t slot) {
            const std::int32_t position = slots[slot].depth - nearest;
            return position >= key.first && position <= key.last;
        };
        for (std::size_t first = 0, end = 0; first < slots.size(); first = std::max(end, first + 1)) {
            for (end = first; end < slots.size() && sees(end);) ++end;
            if (end > first) seen.edges.push_back({key.row, std::int16_t(first), std::int16_t(end - 1)});
        }
    }
}

// What descends from a slot sees it, and itself: one stretch of slots.
void KeyFinder::addAncestors(std::int64_t query, int count, SeenKeys& seen) const {
    for (std::size_t slot = 0; slot < m_tree.size(); ++slot) {
        const std::int64_t first = std::max(std::int64_t(slot), query);
        const std::int64_t end = std::min<std::int64_t>(m_tree[slot].end, query + count);
        if (first < end)
            seen.keys.push_back({std::int32_t(slot), std::int16_t(first - query), std::int16_t(end - 1 - query)});
    }
}

void KeyFinder::find(const AttentionRun& run, std::int64_t query, int count, SeenKeys& seen) const {
    seen.keys.clear();
    seen.edges.clear();
    RowRange hidden;
    if (run.hiddenBegin < run.hiddenEnd) hidden = {rowAt(run.hiddenBegin), rowAt(run.hiddenEnd)};
    std::int64_t first = run.first + query, last = first + count - 1;
    if (!m_tree.empty()) {
        const auto slots = m_tree.subspan(std::size_t(query), std::size_t(count));
        const auto [nearest, farthest] = std::ranges::minmax(slots, {}, &TreeSlot::depth);
        first = run.first + nearest.depth;
        last = run.first + farthest.depth;
    }
    findRows({run, first, last, hidden, seen});
    if (!m_tree.empty()) toSlots(query, count, seen);
    seen.byAll = std::int64_t(seen.keys.size());
    std::ranges::sort(seen.edges, {}, bySight);
    seen.keys.insert(seen.keys.end(), seen.edges.begin(), seen.edges.end());
    seen.rows = std::int64_t(seen.keys.size());
    if (!m_tree.empty()) return addAncestors(query, count, seen);
    if (!run.own) return;
    for (std::int64_t slot = 0; slot < run.count; ++slot)
        seen.keys.push_back({std::int32_t(slot), 0, std::int16_t(count - 1)});
}

RowRange KeyFinder::reached(const AttentionRun& run, std::int64_t query, std::int64_t count) const {
    return reachedFrom(run, run.first + query, run.first + query + count - 1);
}

RowRange KeyFinder::reachedFrom(const AttentionRun& run, std::int64_t first, std::int64_t last) const {
    const std::int64_t reach = m_pattern.reach();
    return {run.seesAll ? 0 : rowAt(first - reach + 1),
            run.causal ? rowAt(last + 1) : (run.seesAll ? std::int64_t(m_positions.size()) : rowAt(last + reach))};
}

std::vector<std::int32_t> KeyFinder::globalRows() const {
    std::vector<std::int32_t> rows;
    const std::int64_t leading = rowAt(m_pattern.globals);
    for (std::int64_t row = 0; row < leading; ++row) rows.push_back(std::int32_t(row));
    for (const std::int64_t position : m_globals) {
        const std::int64_t row = rowAt(position);
        if (row >= leading && row < std::int64_t(m_positions.size()) && m_positions[std::size_t(row)] == position)
            rows.push_back(std::int32_t(row));
    }
    return rows;
}

} // namespace palimpsest
