#include "kernels/cpu/packed_weight_linear.h"

#include "kernels/cpu/instruction_set.h"
#include "kernels/cpu/int8_weight_linear.h"
#include "kernels/cpu/int8_weight_linear_rows.h"
#include "kernels/cpu/packed_weight_linear_rows.h"
#include "kernels/cpu/packed_weight_linear_tiles.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <type_traits>
#include <vector>

namespace palimpsest {
namespace {

constexpr std::int64_t kStepBytes = 4 * kPanelColumns;

std::int64_t depthOf(WeightType type) {
    return type == WeightType::F32 ? 1 : type == WeightType::Bf16 ? 2 : 4;
}

const float* asFloats(const float* row, std::int64_t, std::vector<float>&) {
    return row;
}

const float* asFloats(const Bf16* row, std::int64_t k, std::vector<float>& widened) {
    widened.resize(std::size_t(k));
    detail::tileKernel(WeightType::F32).widen(&row->bits, k, widened.data());
    return widened.data();
}

float asFloat(float value) {
    return value;
}
float asFloat(Bf16 value) {
    return std::bit_cast<float>(std::uint32_t(value.bits) << 16);
}
std::uint16_t asBits(float value) {
    return narrowed(value);
}
std::uint16_t asBits(Bf16 value) {
    return value.bits;
}

// Sixteen positions of every column at a time: what is written stays in the first-level cache.
template<class T>
void packFloatPanel(WeightType type, const T* weights, std::int64_t rowStride, std::int64_t columns, std::int64_t k,
                    std::byte* panel) {
    constexpr std::int64_t kBlock = 16;
    for (std::int64_t begin = 0; begin < k; begin += kBlock)
        for (std::int64_t c = 0; c < columns; ++c)
            for (std::int64_t i = begin; i < std::min(k, begin + kBlock); ++i) {
                const T value = weights[c * rowStride + i];
                if (type == WeightType::F32) {
                    const float wide = asFloat(value);
                    std::memcpy(panel + i * kStepBytes + 4 * c, &wide, 4);
                } else {
                    const std::uint16_t bits = asBits(value);
                    std::memcpy(panel + i / 2 * kStepBytes + 4 * c + i % 2 * 2, &bits, 2);
                }
            }
}

// `panel` is zeroed before its first column.
void packInt8Column(const std::int8_t* quantised, float scale, std::int64_t k, std::int64_t c, std::byte* panel) {
    std::memcpy(panel + 4 * c, &scale, 4);
    std::byte* group = panel + kStepBytes;
    for (std::int64_t begin = 0; begin < k; begin += kInt8Group) {
        const std::int64_t end = std::min(k, begin + kInt8Group);
        std::int32_t correction = 0;
        for (std::int64_t i = begin; i < end; ++i) {
            correction -= 128 * quantised[i];
            group[kStepBytes * (1 + (i - begin) / 4) + 4 * c + i % 4] = std::byte(quantised[i]);
        }
        std::memcpy(group + 4 * c, &correction, 4);
        group += kStepBytes * (1 + kInt8Group / 4);
    }
}

// Part of a row of a tile, in the type of the output.
void storeRow(const detail::TileKernel&, const float* values, std::int64_t count, float* y) {
    std::copy_n(values, count, y);
}

void storeRow(const detail::TileKernel& kernel, const float* values, std::int64_t count, Bf16* y) {
    kernel.narrow(values, count, &y->bits);
}

} // namespace

std::size_t packedPanelBytes(WeightType type, std::int64_t k) {
    const std::int64_t steps = (k + depthOf(type) - 1) / depthOf(type);
    return std::size_t(kStepBytes * (steps + (type == WeightType::Int8 ? 1 + int8Groups(k) : 0)));
}

std::size_t packedWeightBytes(WeightType type, std::int64_t columns, std::int64_t k) {
    return packedPanelBytes(type, k) * std::size_t((columns + kPanelColumns - 1) / kPanelColumns);
}

template<class T>
void packWeights(WeightType type, const T* weights, std::int64_t rowStride, std::int64_t columns, std::int64_t k,
                 std::byte* packed) {
    const std::size_t panelBytes = packedPanelBytes(type, k);
    std::memset(packed, 0, packedWeightBytes(type, columns, k));
    std::vector<float> widened;
    std::vector<std::int8_t> quantised(type == WeightType::Int8 ? std::size_t(k) : 0);
    for (std::int64_t first = 0; first < columns; first += kPanelColumns, packed += panelBytes) {
        const std::int64_t count = std::min(kPanelColumns, columns - first);
        if (type != WeightType::Int8) {
            packFloatPanel(type, weights + first * rowStride, rowStride, count, k, packed);
            continue;
        }
        for (std::int64_t c = 0; c < count; ++c) {
            const float scale = quantise(asFloats(weights + (first + c) * rowStride, k, widened), k, quantised.data());
            packInt8Column(quantised.data(), scale, k, c, packed);
        }
    }
}

void packInt8Weights(const std::int8_t* weights, const float* scales, std::int64_t columns, std::int64_t k,
                     std::byte* packed) {
    const std::size_t panelBytes = packedPanelBytes(WeightType::Int8, k);
    std::memset(packed, 0, packedWeightBytes(WeightType::Int8, columns, k));
    for (std::int64_t c = 0; c < columns; ++c)
        packInt8Column(weights + c * k, scales[c], k, c % kPanelColumns,
                       packed + std::size_t(c / kPanelColumns) * panelBytes);
}

std::size_t activationBytes(WeightType type, std::int64_t k) {
    const std::int64_t bytes = type == WeightType::Int8 ? int8ScaleBytes(k) + 2 * ((k + 3) / 4 * 4) : 4 * (k + k % 2);
    return std::size_t((bytes + 63) / 64 * 64);
}

template<class T>
void prepareActivations(WeightType type, const T* x, std::int64_t xStride, std::int64_t rows, std::int64_t k,
                        std::byte* prepared) {
    const detail::TileKernel& kernel = detail::tileKernel(type);
    const std::size_t bytes = activationBytes(type, k);
    std::vector<float> widened;
    for (std::int64_t row = 0; row < rows; ++row)
        kernel.prepareRow(asFloats(x + row * xStride, k, widened), k, prepared + std::size_t(row) * bytes);
}

namespace {

// Rows whose prepared activations stay in the second-level cache while all panels pass by.
constexpr std::int64_t kRowsAtOnce = 384;

template<class T>
void productOfSomeRows(const PackedProduct<T>& call, std::int64_t firstPanel, std::int64_t lastPanel) {
    const detail::TileKernel& kernel = detail::tileKernel(call.weights.type);
    const std::int64_t k = call.weights.k, tiles = detail::tilesOf(call.rows, kernel.rowsAtOnce);
    const std::size_t rowBytes = activationBytes(call.weights.type, k),
                      panelBytes = packedPanelBytes(call.weights.type, k);
    for (std::int64_t panel = firstPanel; panel < lastPanel; ++panel) {
        const std::int64_t column = panel * kPanelColumns,
                           columns = std::min(kPanelColumns, call.weights.columns - column);
        for (std::int64_t i = 0; i < tiles; ++i) {
            const std::int64_t first = i * call.rows / tiles;
            const int count = int((i + 1) * call.rows / tiles - first);
            const std::byte* rows[detail::kMostRowsAtOnce];
            for (int r = 0; r < count; ++r) rows[r] = call.activations + std::size_t(first + r) * rowBytes;
            float scratch[detail::kMostRowsAtOnce * kPanelColumns];
            detail::Tile tile{call.weights.data + std::size_t(panel) * panelBytes, k, rows, scratch, kPanelColumns};
            tile.askForNextPanel(panelBytes, i, tiles);
            T* y = call.y + first * call.yStride + column;
            if constexpr (std::is_same_v<T, float>)
                if (columns == kPanelColumns) {
                    tile.out = y;
                    tile.outStride = call.yStride;
                }
            kernel.tile(tile, count);
            if (tile.out != scratch) continue;
            for (int r = 0; r < count; ++r)
                storeRow(kernel, scratch + r * kPanelColumns, columns, y + r * call.yStride);
        }
    }
}

} // namespace

template<class T>
void packedProduct(const PackedProduct<T>& call, std::int64_t firstPanel, std::int64_t lastPanel) {
    const std::size_t rowBytes = activationBytes(call.weights.type, call.weights.k);
    PackedProduct<T> part = call;
    for (std::int64_t first = 0; first < call.rows; first += kRowsAtOnce) {
        part.rows = std::min(kRowsAtOnce, call.rows - first);
        part.activations = call.activations + std::size_t(first) * rowBytes;
        part.y = call.y + first * call.yStride;
        productOfSomeRows(part, firstPanel, lastPanel);
    }
}

const char* packedProductKernel(WeightType type) {
    return detail::tileKernel(type).name;
}

double packedRowCost(WeightType type) {
    return detail::tileKernel(type).rowCost;
}

const detail::TileKernel& detail::tileKernel(WeightType type) {
#if defined(__x86_64__)
    const Instructions& have = instructions();
    if (type == WeightType::F32 && have.has(InstructionSet::Avx512)) return kF32Avx512;
    if (type == WeightType::Bf16 && have.bf16) return kBf16Avx512;
    if (type == WeightType::Int8 && have.vnni) return kInt8Avx512;
    if (have.has(InstructionSet::Avx2))
        return type == WeightType::F32 ? kF32Avx2 : type == WeightType::Bf16 ? kBf16Avx2 : kInt8Avx2;
#endif
    return type == WeightType::F32 ? kF32Scalar : type == WeightType::Bf16 ? kBf16Scalar : kInt8Scalar;
}

template void packWeights(WeightType, const float*, std::int64_t, std::int64_t, std::int64_t, std::byte*);
template void packWeights(WeightType, const Bf16*, std::int64_t, std::int64_t, std::int64_t, std::byte*);
template void prepareActivations(WeightType, const float*, std::int64_t, std::int64_t, std::int64_t, std::byte*);
template void prepareActivations(WeightType, const Bf16*, std::int64_t, std::int64_t, std::int64_t, std::byte*);
template void packedProduct(const PackedProduct<float>&, std::int64_t, std::int64_t);
template void packedProduct(const PackedProduct<Bf16>&, std::int64_t, std::int64_t);

} // namespace palimpsest
