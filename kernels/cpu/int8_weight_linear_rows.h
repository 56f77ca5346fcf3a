// How activations are quantised: plain loops, compiled once for each instruction set and vectorised by the compiler.
// Included by the files of int8 kernels only; see instruction_set.h for why all of it is in an anonymous namespace.
#pragma once

#include "kernels/cpu/int8_weight_linear.h"

#include <cstddef>
#include <cstdint>

namespace palimpsest {
namespace {

// A prepared row of activations: the scales of its groups, padded to 64 bytes, then the values, K padded to steps.
inline std::int64_t int8ScaleBytes(std::int64_t k) {
    return (int8Groups(k) * 4 + 63) / 64 * 64;
}

struct RunScale {
    float scale, inverse; // value ≈ scale * integer; integer = value * inverse, rounded
};

// Magnitudes are compared as integers, where infinities and NaNs are the largest: none is lost.
inline RunScale scaleOf(const float* values, std::int64_t count) {
    constexpr float kTooSmall = 0x1p-119f; // a scale below 2^-126 loses its precision
    std::uint32_t most = 0;
    for (std::int64_t i = 0; i < count; ++i) {
        const std::uint32_t size = __builtin_bit_cast(std::uint32_t, values[i]) & 0x7fffffffu;
        most = size > most ? size : most;
    }
    const float largest = __builtin_bit_cast(float, most);
    if (most >= 0x7f800000u) return {__builtin_nanf(""), 0};
    if (largest < kTooSmall) return {0, 0};
    return {largest / 127, 127 / largest};
}

// Adding 1.5 * 2^23 leaves the nearest integer, ties to even, in the low bits.
inline std::int32_t rounded(float value, float inverse) {
    return __builtin_bit_cast(std::int32_t, value * inverse + 0x1.8p23f) - 0x4b400000;
}

// Writes one group; `to` is the group's place among the values. Byte: std::uint8_t, values + 128 in order (VNNI).
inline void quantiseGroup(const float* values, std::int64_t count, float inverse, std::uint8_t* to) {
    for (std::int64_t i = 0; i < count; ++i) to[i] = std::uint8_t(rounded(values[i], inverse) + 128);
    for (std::int64_t i = count; i % 4; ++i) to[i] = 128;
}

// std::int16_t: in each step of four the even positions, then the odd ones, as pmaddwd takes them.
inline void quantiseGroup(const float* values, std::int64_t count, float inverse, std::int16_t* to) {
    std::int16_t inOrder[kInt8Group] = {};
    for (std::int64_t i = 0; i < count; ++i) inOrder[i] = std::int16_t(rounded(values[i], inverse));
    for (std::int64_t i = 0; i < (count + 3) / 4 * 4; i += 4) {
        to[i] = inOrder[i];
        to[i + 1] = inOrder[i + 2];
        to[i + 2] = inOrder[i + 1];
        to[i + 3] = inOrder[i + 3];
    }
}

template<class Stored>
void prepareInt8Row(const float* x, std::int64_t k, std::byte* prepared) {
    auto* scales = reinterpret_cast<float*>(prepared);
    auto* values = reinterpret_cast<Stored*>(prepared + int8ScaleBytes(k));
    for (std::int64_t begin = 0; begin < k; begin += kInt8Group) {
        const std::int64_t count = k - begin < kInt8Group ? k - begin : kInt8Group;
        RunScale run = scaleOf(x + begin, count);
        static constexpr float kZeros[kInt8Group] = {};
        quantiseGroup(run.inverse == 0 ? kZeros : x + begin, count, run.inverse, values + begin);
        scales[begin / kInt8Group] = run.scale;
    }
}

} // namespace
} // namespace palimpsest
