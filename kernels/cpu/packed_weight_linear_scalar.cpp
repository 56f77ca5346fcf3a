// Plain loops, for processors without AVX2.
#include "kernels/cpu/int8_weight_linear_rows.h"
#include "kernels/cpu/packed_weight_linear_rows.h"
#include "kernels/cpu/packed_weight_linear_tiles.h"

#include <cmath>

namespace palimpsest::detail {
namespace {

void f32Tile(const Tile& t, int rows) {
    for (int r = 0; r < rows; ++r) {
        const auto* x = reinterpret_cast<const float*>(t.rows[r]);
        const auto* w = reinterpret_cast<const float*>(t.panel);
        float sums[kPanelColumns] = {};
        for (std::int64_t i = 0; i < t.k; ++i, w += kPanelColumns)
            for (std::int64_t c = 0; c < kPanelColumns; ++c) sums[c] += w[c] * x[i];
        for (std::int64_t c = 0; c < kPanelColumns; ++c) t.out[r * t.outStride + c] = sums[c];
    }
}

void bf16Tile(const Tile& t, int rows) {
    for (int r = 0; r < rows; ++r) {
        const auto* x = reinterpret_cast<const float*>(t.rows[r]);
        const auto* w = reinterpret_cast<const std::uint16_t*>(t.panel);
        float sums[kPanelColumns] = {};
        for (std::int64_t i = 0; i < t.k; i += 2, w += 2 * kPanelColumns)
            for (std::int64_t c = 0; c < kPanelColumns; ++c) {
                float pair[2];
                widenRow(w + 2 * c, 2, pair);
                sums[c] += pair[0] * x[i];
                sums[c] += pair[1] * x[i + 1];
            }
        for (std::int64_t c = 0; c < kPanelColumns; ++c) t.out[r * t.outStride + c] = sums[c];
    }
}

void addInt8Step(const std::int8_t* w, const std::int16_t* x, std::int32_t (&whole)[kPanelColumns]) {
    for (std::int64_t c = 0; c < kPanelColumns; ++c)
        whole[c] += w[4 * c] * x[0] + w[4 * c + 1] * x[2] + w[4 * c + 2] * x[1] + w[4 * c + 3] * x[3];
}

void int8Tile(const Tile& t, int rows) {
    const auto* columnScales = reinterpret_cast<const float*>(t.panel);
    for (int r = 0; r < rows; ++r) {
        const auto* scales = reinterpret_cast<const float*>(t.rows[r]);
        const auto* x = reinterpret_cast<const std::int16_t*>(t.rows[r] + int8ScaleBytes(t.k));
        const std::byte* panel = t.panel + 128;
        float sums[kPanelColumns] = {};
        for (std::int64_t begin = 0; begin < t.k; begin += kInt8Group) {
            std::int32_t whole[kPanelColumns] = {};
            panel += 128; // the corrections are VNNI's
            for (std::int64_t at = begin; at < t.k && at < begin + kInt8Group; at += 4, panel += 128)
                addInt8Step(reinterpret_cast<const std::int8_t*>(panel), x + at, whole);
            for (std::int64_t c = 0; c < kPanelColumns; ++c)
                sums[c] = std::fma(float(whole[c]), scales[begin / kInt8Group], sums[c]);
        }
        for (std::int64_t c = 0; c < kPanelColumns; ++c) t.out[r * t.outStride + c] = sums[c] * columnScales[c];
    }
}

} // namespace

const TileKernel kF32Scalar = {"scalar", 1, 1, false, prepareFloatRow, f32Tile, widenRow, narrowRow};
const TileKernel kBf16Scalar = {"scalar", 1, 1, false, prepareFloatRow, bf16Tile, widenRow, narrowRow};
const TileKernel kInt8Scalar = {"scalar", 1, 1, false, prepareInt8Row<std::int16_t>, int8Tile, widenRow, narrowRow};

} // namespace palimpsest::detail
