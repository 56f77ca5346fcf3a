// What the host lays out for the attention kernels of a card, word for word; attention_plan.h says what it means.
#pragma once

#include <cstdint>

namespace palimpsest::cuda {

constexpr int kTileRows = 64;           // packed queries, or keys, of a tile
constexpr int kTilesPerPart = 32;       // query tiles a key tile goes through before it is cut into parts
constexpr std::int32_t kFar = 1 << 30;  // a radius without end
constexpr int kClasses = 3;             // plain, grid, global
constexpr std::int32_t kOwn = kClasses; // in KeyTile::keyClass: own slots of a run

struct QueryTile {
    std::int32_t row;                      // of the run's first query among all N
    std::int32_t packed;                   // first packed row of the tile in its run
    std::int32_t count;                    // packed rows, 1 … 64
    std::int32_t position;                 // of the run's first query
    std::int32_t causal;                   // 0 or 1
    std::int32_t hiddenBegin, hiddenCount; // positions
    std::int32_t own;                      // own slots of the run: rows row … row + own - 1 of the own keys
    std::int32_t begin[kClasses], end[kClasses], radius[kClasses]; // range of the order, and how far it is seen
};

struct KeyTile {
    std::int32_t begin, count; // of the order, or of the own keys
    std::int32_t keyClass;
    std::int32_t listBegin, listEnd; // numbers of query tiles
    std::int32_t part;               // -1: the gradient is complete; else the place of this part's sums
};

// Parts first … first + count - 1 belong to the same keys.
struct SplitTile {
    std::int32_t begin, rows, first, count;
};

// Where things begin in the plan's words, and how many there are.
struct AttentionPlanSizes {
    std::int64_t rows = 0, queries = 0; // L, N
    std::int32_t queryTiles = 0, rowKeyTiles = 0, ownKeyTiles = 0, splitTiles = 0, parts = 0;
    std::int32_t queryTileAt = 0, keyTileAt = 0, listAt = 0, splitAt = 0; // key tiles: rows first, then own
    std::int32_t orderAt = 0, positionAt = 0;                             // (L) rows by class; (L) their positions
};

} // namespace palimpsest::cuda
