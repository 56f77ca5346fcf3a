// Rows of bf16: plain loops, compiled once for each instruction set and vectorised by the compiler. Included by the
// files of kernels only; see instruction_set.h for why all of it is in an anonymous namespace.
#pragma once

#include <cstddef>
#include <cstdint>

namespace palimpsest {
namespace {

inline void widenRow(const std::uint16_t* bf16, std::int64_t count, float* out) {
    for (std::int64_t i = 0; i < count; ++i) out[i] = __builtin_bit_cast(float, std::uint32_t(bf16[i]) << 16);
}

inline std::uint16_t narrowed(float value) {
    const std::uint32_t bits = __builtin_bit_cast(std::uint32_t, value);
    const std::uint32_t nearest = (bits + 0x7fffu + ((bits >> 16) & 1)) >> 16;
    return std::uint16_t((bits & 0x7fffffffu) > 0x7f800000u ? (bits >> 16) | 0x40u : nearest);
}

inline void narrowRow(const float* values, std::int64_t count, std::uint16_t* bf16) {
    for (std::int64_t i = 0; i < count; ++i) bf16[i] = narrowed(values[i]);
}

// Prepared rows that are floats, K padded to an even number with a zero.
inline void prepareFloatRow(const float* x, std::int64_t k, std::byte* prepared) {
    auto* to = reinterpret_cast<float*>(prepared);
    for (std::int64_t i = 0; i < k; ++i) to[i] = x[i];
    if (k % 2) to[k] = 0;
}

inline void prepareBf16Row(const float* x, std::int64_t k, std::byte* prepared) {
    auto* to = reinterpret_cast<std::uint16_t*>(prepared);
    narrowRow(x, k, to);
    if (k % 2) to[k] = 0;
}

} // namespace
} // namespace palimpsest
