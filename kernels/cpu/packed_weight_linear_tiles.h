// Inside of packed_weight_linear.h and experts.h: the innermost products, one set per instruction set. Tests run each.
#pragma once

#include "kernels/cpu/packed_weight_linear.h"

namespace palimpsest::detail {

// A few rows times one panel, for all of K: out (rows, 32), rows `outStride` floats apart, overwritten.
struct Tile {
    const std::byte* panel = nullptr;
    std::int64_t k = 0;
    const std::byte* const* rows = nullptr; // prepared activations; F32: the numbers themselves
    float* out = nullptr;
    std::int64_t outStride = 0;
    // What is read after this tile, or its part of that: asked for meanwhile, spread over the tile. The processor follows
    // one stream by itself, but stops while the rows of a panel pass by that do not fit one tile. Any address will do.
    const std::byte* next = nullptr;
    std::int64_t nextBytes = 0;

    // Part `part` of `parts` of the panel that comes after this one.
    void askForNextPanel(std::size_t panelBytes, std::int64_t part, std::int64_t parts) {
        nextBytes = std::int64_t(panelBytes) / parts;
        next = panel + panelBytes + part * nextBytes;
    }
};

constexpr int kMostRowsAtOnce = 12;

struct TileKernel {
    const char* name;
    int rowsAtOnce; // 1 … kMostRowsAtOnce
    double rowCost; // packedRowCost()
    bool takesBf16; // prepared rows are rows of bf16, K padded to an even number
    void (*prepareRow)(const float* x, std::int64_t k, std::byte* prepared);
    void (*tile)(const Tile& tile, int rows);                                     // rows 1 … rowsAtOnce
    void (*widen)(const std::uint16_t* bf16, std::int64_t count, float* out);     // exact
    void (*narrow)(const float* values, std::int64_t count, std::uint16_t* bf16); // to nearest even; NaN stays NaN
};

extern const TileKernel kF32Scalar, kBf16Scalar, kInt8Scalar;
#if defined(__x86_64__)
extern const TileKernel kF32Avx2, kBf16Avx2, kInt8Avx2;
extern const TileKernel kF32Avx512, kBf16Avx512, kInt8Avx512; // Bf16 needs AVX512_BF16, Int8 AVX512_VNNI
#endif

// The one for instructions().
const TileKernel& tileKernel(WeightType type);

// Rows are cut into as few tiles as can be, all nearly equal: tile i of `tiles` begins at i * rows / tiles.
constexpr std::int64_t tilesOf(std::int64_t rows, int rowsAtOnce) {
    return (rows + rowsAtOnce - 1) / rowsAtOnce;
}

} // namespace palimpsest::detail
