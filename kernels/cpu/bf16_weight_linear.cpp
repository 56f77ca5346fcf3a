#include "kernels/cpu/bf16_weight_linear.h"

#include "kernels/cpu/instruction_set.h"

#include <algorithm>
#include <bit>

namespace palimpsest {
namespace {

float widen(std::uint16_t bf16) {
    return std::bit_cast<float>(std::uint32_t(bf16) << 16);
}

} // namespace

void packActivations(const float* x, std::int64_t xStride, std::int64_t rows, std::int64_t k, float* packed) {
    const std::int64_t stride = packedStride(k);
    for (std::int64_t row = 0; row < rows; ++row) {
        const float* from = x + row * xStride;
        float* to = packed + row * stride;
        std::int64_t i = 0;
        for (; i + 16 <= k; i += 16)
            for (int j = 0; j < 8; ++j) {
                to[i + j] = from[i + 2 * j];
                to[i + 8 + j] = from[i + 2 * j + 1];
            }
        if (i == k) continue;
        std::fill(to + i, to + stride, 0.0f);
        for (std::int64_t j = 0; i + j < k; ++j) to[i + (j % 2) * 8 + j / 2] = from[i + j];
    }
}

void detail::bf16WeightLinearPortable(const Bf16WeightLinear& call, std::int64_t firstColumn, std::int64_t lastColumn) {
    const std::int64_t stride = packedStride(call.k);
    for (std::int64_t row = 0; row < call.rows; ++row)
        for (std::int64_t column = firstColumn; column < lastColumn; ++column) {
            const float* x = call.packed + row * stride;
            const std::uint16_t* w = call.weights + column * call.k;
            float sum = 0;
            for (std::int64_t i = 0; i < call.k; ++i) sum += x[i / 16 * 16 + (i % 2) * 8 + i % 16 / 2] * widen(w[i]);
            call.y[row * call.yStride + column] = sum;
        }
}

void bf16WeightLinear(const Bf16WeightLinear& call, std::int64_t firstColumn, std::int64_t lastColumn) {
    if (instructions().has(InstructionSet::Avx2))
        detail::bf16WeightLinearAvx2(call, firstColumn, lastColumn);
    else
        detail::bf16WeightLinearPortable(call, firstColumn, lastColumn);
}

const char* bf16WeightLinearKernel() {
    return instructions().has(InstructionSet::Avx2) ? "avx2" : "portable";
}

} // namespace palimpsest
