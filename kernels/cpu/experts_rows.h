// Inside of experts.h: what is done to single rows, compiled once per instruction set (simd.h).
#pragma once

#include "kernels/cpu/simd.h"

#include <cstdint>

namespace palimpsest::detail {

struct ExpertRows {
    void (*addScaled)(const float* from, float scale, std::int64_t count, float* to);      // to += scale * from
    void (*addToBf16)(const float* from, std::int64_t count, std::uint16_t* to);           // rounded once
    void (*addPanels)(const float* from, const float* scales, int rows, float* const* to); // 32 columns of each row
    // out[r] = x · row r of `matrix` (rows, count) contiguous.
    void (*dots)(const float* x, const float* matrix, std::int64_t rows, std::int64_t count, float* out);
    void (*gate)(const float* gates, const float* ups, std::int64_t count, float* active); // silu(gate) * up
    // activeGradient (count) -> the gradients of gates and ups.
    void (*gateBackward)(const float* gates, const float* ups, const float* activeGradient, std::int64_t count,
                         float* gateGradient, float* upGradient);
};

extern const ExpertRows kExpertRowsScalar;
#if defined(__x86_64__)
extern const ExpertRows kExpertRowsAvx2, kExpertRowsAvx512;
#endif
const ExpertRows& expertRows(); // for instructions()

namespace {

// The last, partial vector of a row goes through a padded copy, so that every number is computed alike.
inline Floats loadPart(const float* from, std::int64_t count) {
    alignas(64) float part[kWidth] = {};
    for (std::int64_t i = 0; i < count; ++i) part[i] = from[i];
    return load(part);
}

inline void storePart(float* to, std::int64_t count, Floats value) {
    alignas(64) float part[kWidth];
    store(part, value);
    for (std::int64_t i = 0; i < count; ++i) to[i] = part[i];
}

inline void addScaledRow(const float* from, float scale, std::int64_t count, float* to) {
    const Floats scales = all(scale);
    std::int64_t i = 0;
    for (; i + kWidth <= count; i += kWidth) store(to + i, multiplyAdd(load(from + i), scales, load(to + i)));
    if (i < count)
        storePart(to + i, count - i, multiplyAdd(loadPart(from + i, count - i), scales, loadPart(to + i, count - i)));
}

inline void addToBf16Row(const float* from, std::int64_t count, std::uint16_t* to) {
    for (std::int64_t i = 0; i < count; ++i) {
        const float value = __builtin_bit_cast(float, std::uint32_t(to[i]) << 16) + from[i];
        const std::uint32_t bits = __builtin_bit_cast(std::uint32_t, value);
        const std::uint32_t nearest = (bits + 0x7fffu + ((bits >> 16) & 1)) >> 16;
        to[i] = std::uint16_t((bits & 0x7fffffffu) > 0x7f800000u ? (bits >> 16) | 0x40u : nearest);
    }
}

inline void addPanelRows(const float* from, const float* scales, int rows, float* const* to) {
    for (int r = 0; r < rows; ++r, from += 32) {
        const Floats scale = all(scales[r]);
        for (int i = 0; i < 32; i += kWidth) store(to[r] + i, multiplyAdd(load(from + i), scale, load(to[r] + i)));
    }
}

inline float total(Floats sums) {
    alignas(64) float lanes[kWidth];
    store(lanes, sums);
    for (int half = kWidth / 2; half > 0; half /= 2)
        for (int i = 0; i < half; ++i) lanes[i] += lanes[i + half];
    return lanes[0];
}

// Four rows at once keep the adders busy; a row's sum is the same alone.
template<int Rows>
void dotsOf(const float* x, const float* matrix, std::int64_t count, float* out) {
    Floats sums[Rows];
    for (auto& sum : sums) sum = zeros();
    std::int64_t i = 0;
    for (; i + kWidth <= count; i += kWidth)
        for (int r = 0; r < Rows; ++r) sums[r] = multiplyAdd(load(x + i), load(matrix + r * count + i), sums[r]);
    if (i < count)
        for (int r = 0; r < Rows; ++r)
            sums[r] = multiplyAdd(loadPart(x + i, count - i), loadPart(matrix + r * count + i, count - i), sums[r]);
    for (int r = 0; r < Rows; ++r) out[r] = total(sums[r]);
}

inline void dotRows(const float* x, const float* matrix, std::int64_t rows, std::int64_t count, float* out) {
    std::int64_t r = 0;
    for (; r + 4 <= rows; r += 4) dotsOf<4>(x, matrix + r * count, count, out + r);
    for (; r < rows; ++r) dotsOf<1>(x, matrix + r * count, count, out + r);
}

// 1 / (1 + exp(-x)); the exponent is held where 2^x is finite.
inline Floats sigmoid(Floats x) {
    const Floats power = zeros() - larger(all(-127.0f), x * all(1.44269504f));
    return all(1.0f) / (all(1.0f) + powerOfTwo(power));
}

inline void gateRow(const float* gates, const float* ups, std::int64_t count, float* active) {
    std::int64_t i = 0;
    for (; i + kWidth <= count; i += kWidth) {
        const Floats gate = load(gates + i);
        store(active + i, gate * sigmoid(gate) * load(ups + i));
    }
    if (i == count) return;
    const Floats gate = loadPart(gates + i, count - i);
    storePart(active + i, count - i, gate * sigmoid(gate) * loadPart(ups + i, count - i));
}

struct GateGradients {
    Floats gate, up;
};

// silu'(g) = s (1 + g (1 - s)), s the sigmoid of g.
inline GateGradients gateGradients(Floats gate, Floats up, Floats activeGradient) {
    const Floats s = sigmoid(gate);
    return {activeGradient * up * s * multiplyAdd(gate, all(1.0f) - s, all(1.0f)), activeGradient * gate * s};
}

inline void gateBackwardRow(const float* gates, const float* ups, const float* activeGradient, std::int64_t count,
                            float* gateGradient, float* upGradient) {
    std::int64_t i = 0;
    for (; i + kWidth <= count; i += kWidth) {
        const GateGradients g = gateGradients(load(gates + i), load(ups + i), load(activeGradient + i));
        store(gateGradient + i, g.gate);
        store(upGradient + i, g.up);
    }
    if (i == count) return;
    const GateGradients g = gateGradients(loadPart(gates + i, count - i), loadPart(ups + i, count - i),
                                          loadPart(activeGradient + i, count - i));
    storePart(gateGradient + i, count - i, g.gate);
    storePart(upGradient + i, count - i, g.up);
}

inline constexpr ExpertRows kRows = {addScaledRow, addToBf16Row, addPanelRows, dotRows, gateRow, gateBackwardRow};

} // namespace
} // namespace palimpsest::detail
