// y = x Wᵀ with the weights packed once, when they are loaded, into the layout the processor streams best: f32, bf16 or
// int8 with a scale per group. For few rows (drafting) the product is bound by reading the weights, so int8 halves the
// time again; for many rows it is bound by arithmetic, of which VNNI does twice as much as bf16.
//
// Layout: panels of 32 output columns; in a panel, steps of 128 bytes, four bytes of every column: one f32, two bf16 or
// four int8 consecutive positions of K. K is padded with zeros to whole steps, N to whole panels. An int8 panel begins
// with its 32 scales, and each group of kInt8Group positions with its 32 integer corrections (int8_weight_linear.h), so
// that all is one stream. The layout is the same for every instruction set, prepared activations are not.
//
// What is summed, per type: F32 and Bf16 products in f32, in the order of K (bf16 in pairs); activations are rounded to
// bf16 for Bf16 weights where the processor multiplies bf16 (AVX512_BF16), else kept in f32. Int8: exact integer sums
// within a group, groups added in f32 in order; the same bits on every processor. For each type results depend neither
// on the number of rows nor on how columns are split over threads.
//
// Thread-safe: no state. Nothing here owns memory or makes threads. Shape letters: models/shapes.h.
#pragma once

#include "kernels/sparse_attention.h" // Bf16

#include <cstddef>
#include <cstdint>

namespace palimpsest {

enum class WeightType { F32, Bf16, Int8 };

constexpr std::int64_t kPanelColumns = 32;

// A packed matrix (N, K). `data` is not owned; aligned to 64 bytes it is read fastest.
struct PackedWeights {
    WeightType type = WeightType::F32;
    std::int64_t columns = 0; // N
    std::int64_t k = 0;       // K
    const std::byte* data = nullptr;

    std::int64_t panels() const { return (columns + kPanelColumns - 1) / kPanelColumns; }
};

std::size_t packedPanelBytes(WeightType type, std::int64_t k);
std::size_t packedWeightBytes(WeightType type, std::int64_t columns, std::int64_t k); // whole panels

// weights (N, K), rows `rowStride` elements apart -> `packed`, packedWeightBytes() long. Int8 quantises
// (int8_weight_linear.h). T is float or Bf16.
template<class T>
void packWeights(WeightType type, const T* weights, std::int64_t rowStride, std::int64_t columns, std::int64_t k,
                 std::byte* packed);

// The same of rows that were quantised before, weights (N, K) contiguous and scales (N): for what quantise() gave, the
// bits that packWeights() makes of the numbers it was given.
void packInt8Weights(const std::int8_t* weights, const float* scales, std::int64_t columns, std::int64_t k,
                     std::byte* packed);

// Bytes of one prepared row of activations for weights of this type; a multiple of 64.
std::size_t activationBytes(WeightType type, std::int64_t k);

// x (rows, K), rows `xStride` elements apart -> rows of activationBytes(), one after the other. With Int8
// a row that holds a value that is not finite gives NaN in all its outputs. T is float or Bf16.
template<class T>
void prepareActivations(WeightType type, const T* x, std::int64_t xStride, std::int64_t rows, std::int64_t k,
                        std::byte* prepared);

// T, of the output: float or Bf16 (rounded to nearest even).
template<class T>
struct PackedProduct {
    PackedWeights weights;
    const std::byte* activations = nullptr; // (rows) prepared for weights.type and weights.k
    std::int64_t rows = 0;
    T* y = nullptr; // (rows, N), rows `yStride` elements apart
    std::int64_t yStride = 0;
};

// Computes the columns of the panels [firstPanel, lastPanel) for every row; panels may be split over threads in any way.
template<class T>
void packedProduct(const PackedProduct<T>& call, std::int64_t firstPanel, std::int64_t lastPanel);

// "avx512vnni", "avx512bf16", "avx512", "avx2" or "scalar": what packedProduct() runs here.
const char* packedProductKernel(WeightType type);

// Of a model's pass over few rows with such products: what one row more costs, as a part of a pass over one, which
// reads all weights. A constant of each kernel, estimated from the times of its products (docs/performance.md).
double packedRowCost(WeightType type);

} // namespace palimpsest
