#include "kernels/cuda/attention_plan.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <type_traits>

namespace palimpsest::cuda {
namespace {

using Positions = std::span<const std::int64_t>;

// Rows of one class and their positions, both ascending.
struct ClassRows {
    std::vector<std::int32_t> rows, positions;
};

struct Planner {
    const AttentionShape& shape;
    std::array<ClassRows, kClasses> classes;
    std::array<std::int32_t, kClasses> start{}; // of a class in the order
    std::vector<QueryTile> queryTiles;
    std::vector<KeyTile> keyTiles;
    std::vector<std::int32_t> list;
    std::vector<SplitTile> splits;
    std::int32_t parts = 0;

    explicit Planner(const AttentionShape& s) : shape(s) {}

    std::int32_t radius(int keyClass) const {
        const std::int64_t far[kClasses] = {shape.pattern.window, shape.pattern.reach(), kFar};
        return std::int32_t(std::min<std::int64_t>(far[keyClass], kFar));
    }

    void sortRows(Positions positions, Positions globals) {
        for (std::size_t row = 0; row < positions.size(); ++row) {
            const std::int64_t position = positions[row];
            int keyClass = position % shape.pattern.dilation == shape.phase ? 1 : 0;
            if (position < shape.pattern.globals || std::ranges::binary_search(globals, position)) keyClass = 2;
            classes[std::size_t(keyClass)].rows.push_back(std::int32_t(row));
            classes[std::size_t(keyClass)].positions.push_back(std::int32_t(position));
        }
        for (std::size_t c = 1; c < kClasses; ++c) start[c] = start[c - 1] + std::int32_t(classes[c - 1].rows.size());
    }

    void addQueryTiles(const AttentionRun& run, std::int64_t row);
    void setRanges(QueryTile& tile, const AttentionRun& run, std::int64_t firstSeen, std::int64_t lastSeen) const;
    void addKeyTiles(int keyClass);
    void addOwnKeyTiles(const AttentionRun& run, std::int64_t row, std::int32_t firstTile);
    void addParts(KeyTile tile, const std::vector<std::int32_t>& seenBy);
};

void Planner::setRanges(QueryTile& tile, const AttentionRun& run, std::int64_t first, std::int64_t last) const {
    for (int c = 0; c < kClasses; ++c) {
        const std::int32_t far = run.seesAll ? kFar : radius(c);
        const auto& positions = classes[std::size_t(c)].positions;
        const std::int64_t after = run.causal ? last + 1 : last + far; // first position too far to the right
        const auto begin = std::ranges::upper_bound(positions, first - far);
        const auto end = std::ranges::lower_bound(positions, after);
        tile.radius[c] = far;
        tile.begin[c] = start[std::size_t(c)] + std::int32_t(begin - positions.begin());
        tile.end[c] = std::max(tile.begin[c], start[std::size_t(c)] + std::int32_t(end - positions.begin()));
    }
}

void Planner::addQueryTiles(const AttentionRun& run, std::int64_t row) {
    const std::int64_t group = shape.heads / shape.keyHeads;
    const std::int64_t hiddenBegin = std::clamp<std::int64_t>(run.hiddenBegin, 0, kFar);
    const std::int64_t hiddenEnd = std::clamp<std::int64_t>(run.hiddenEnd, hiddenBegin, kFar);
    for (std::int64_t packed = 0; packed < run.count * group; packed += kTileRows) {
        QueryTile tile{};
        tile.row = std::int32_t(row);
        tile.packed = std::int32_t(packed);
        tile.count = std::int32_t(std::min<std::int64_t>(kTileRows, run.count * group - packed));
        tile.position = std::int32_t(run.first);
        tile.causal = run.causal;
        tile.hiddenBegin = std::int32_t(hiddenBegin);
        tile.hiddenCount = std::int32_t(hiddenEnd - hiddenBegin);
        tile.own = run.own ? std::int32_t(run.count) : 0;
        setRanges(tile, run, run.first + packed / group, run.first + (packed + tile.count - 1) / group);
        queryTiles.push_back(tile);
    }
}

void Planner::addParts(KeyTile tile, const std::vector<std::int32_t>& seenBy) {
    const std::size_t count = (seenBy.size() + kTilesPerPart - 1) / kTilesPerPart;
    if (count > 1) splits.push_back({tile.begin, tile.count, parts, std::int32_t(count)});
    for (std::size_t part = 0; part < std::max<std::size_t>(count, 1); ++part) {
        tile.listBegin = std::int32_t(list.size());
        const std::size_t first = part * kTilesPerPart, last = std::min(seenBy.size(), first + kTilesPerPart);
        list.insert(list.end(), seenBy.begin() + std::ptrdiff_t(first), seenBy.begin() + std::ptrdiff_t(last));
        tile.listEnd = std::int32_t(list.size());
        tile.part = count > 1 ? parts++ : -1;
        keyTiles.push_back(tile);
    }
}

void Planner::addKeyTiles(int keyClass) {
    const auto size = std::int32_t(classes[std::size_t(keyClass)].rows.size());
    std::vector<std::vector<std::int32_t>> seenBy(std::size_t((size + kTileRows - 1) / kTileRows));
    for (std::size_t t = 0; t < queryTiles.size(); ++t) {
        const std::int32_t begin = queryTiles[t].begin[keyClass] - start[std::size_t(keyClass)];
        const std::int32_t end = queryTiles[t].end[keyClass] - start[std::size_t(keyClass)];
        for (std::int32_t tile = begin / kTileRows; tile * kTileRows < end; ++tile)
            if (begin < end) seenBy[std::size_t(tile)].push_back(std::int32_t(t));
    }
    for (std::int32_t tile = 0; tile * kTileRows < size; ++tile) {
        const std::int32_t begin = tile * kTileRows, count = std::min(kTileRows, size - begin);
        addParts({start[std::size_t(keyClass)] + begin, count, keyClass, 0, 0, -1}, seenBy[std::size_t(tile)]);
    }
}

// Never cut: a run's own slots are seen by its own queries alone.
void Planner::addOwnKeyTiles(const AttentionRun& run, std::int64_t row, std::int32_t firstTile) {
    const std::int64_t packed = run.count * (shape.heads / shape.keyHeads);
    const auto listBegin = std::int32_t(list.size());
    for (std::int32_t t = 0; t * std::int64_t(kTileRows) < packed; ++t) list.push_back(firstTile + t);
    for (std::int64_t begin = 0; begin < run.count; begin += kTileRows)
        keyTiles.push_back({std::int32_t(row + begin),
                            std::int32_t(std::min<std::int64_t>(kTileRows, run.count - begin)), kOwn, listBegin,
                            std::int32_t(list.size()), -1});
}

template<class T>
std::int32_t append(std::vector<std::int32_t>& words, const std::vector<T>& items) {
    static_assert(std::is_trivially_copyable_v<T> && sizeof(T) % sizeof(std::int32_t) == 0);
    const std::size_t at = words.size();
    words.resize(at + items.size() * sizeof(T) / sizeof(std::int32_t));
    if (!items.empty()) std::memcpy(words.data() + at, items.data(), items.size() * sizeof(T));
    return std::int32_t(at);
}

bool fits(const AttentionShape& shape, Positions positions, std::span<const AttentionRun> runs) {
    std::int64_t queries = 0;
    for (const AttentionRun& run : runs) {
        if (run.count < 0 || run.first < 0 || run.first > kFar - 1 || run.count > kFar - 1 - run.first) return false;
        queries += run.count;
    }
    return queries * shape.heads < kFar && std::int64_t(positions.size()) * shape.keyHeads < kFar &&
           (positions.empty() || (positions.front() >= 0 && positions.back() < kFar));
}

} // namespace

std::optional<AttentionPlan> planAttention(const AttentionShape& shape, Positions positions, Positions globals,
                                           std::span<const AttentionRun> runs) {
    if (!fits(shape, positions, runs)) return std::nullopt;
    Planner planner(shape);
    planner.sortRows(positions, globals);
    AttentionPlan plan;
    AttentionPlanSizes& sizes = plan.sizes;
    std::vector<std::int32_t> firstTile;
    for (const AttentionRun& run : runs) {
        firstTile.push_back(std::int32_t(planner.queryTiles.size()));
        planner.addQueryTiles(run, sizes.queries);
        sizes.queries += run.count;
    }
    for (int c = 0; c < kClasses; ++c) planner.addKeyTiles(c);
    sizes.rowKeyTiles = std::int32_t(planner.keyTiles.size());
    std::int64_t row = 0;
    for (std::size_t r = 0; r < runs.size(); row += runs[r++].count)
        if (runs[r].own && runs[r].count > 0) planner.addOwnKeyTiles(runs[r], row, firstTile[r]);
    sizes.ownKeyTiles = std::int32_t(planner.keyTiles.size()) - sizes.rowKeyTiles;
    sizes.queryTiles = std::int32_t(planner.queryTiles.size());
    sizes.splitTiles = std::int32_t(planner.splits.size());
    sizes.parts = planner.parts;
    sizes.rows = std::int64_t(positions.size());
    sizes.queryTileAt = append(plan.words, planner.queryTiles);
    sizes.keyTileAt = append(plan.words, planner.keyTiles);
    sizes.listAt = append(plan.words, planner.list);
    sizes.splitAt = append(plan.words, planner.splits);
    sizes.orderAt = std::int32_t(plan.words.size());
    for (const ClassRows& c : planner.classes) append(plan.words, c.rows);
    sizes.positionAt = std::int32_t(plan.words.size());
    for (const ClassRows& c : planner.classes) append(plan.words, c.positions);
    return plan;
}

} // namespace palimpsest::cuda
