#include "models/quantisation.h"

#include <array>
#include <bit>
#include <cassert>
#include <cmath>
#include <cstring>

namespace palimpsest {
namespace {

template<class T>
T read(const std::byte* at) {
    T value;
    std::memcpy(&value, at, sizeof value);
    return value;
}

float half(const std::byte* at) {
    return halfToFloat(read<std::uint16_t>(at));
}

int low(std::byte b) {
    return int(b) & 0x0F;
}

int high(std::byte b) {
    return int(b) >> 4;
}

void f32(const std::byte* block, float* v) {
    *v = read<float>(block);
}

void f16(const std::byte* block, float* v) {
    *v = half(block);
}

void bf16(const std::byte* block, float* v) {
    *v = bfloatToFloat(read<std::uint16_t>(block));
}

// f16 scale, 32 signed bytes
void q8_0(const std::byte* block, float* v) {
    const float scale = half(block);
    for (int i = 0; i < 32; ++i) v[i] = scale * float(read<std::int8_t>(block + 2 + i));
}

// f16 scale, 16 bytes: value i in the low half of byte i, value i + 16 in the high half
void q4_0(const std::byte* block, float* v) {
    const float scale = half(block);
    for (int i = 0; i < 16; ++i) {
        v[i] = scale * float(low(block[2 + i]) - 8);
        v[i + 16] = scale * float(high(block[2 + i]) - 8);
    }
}

// f16 scale, f16 minimum, 16 bytes as above
void q4_1(const std::byte* block, float* v) {
    const float scale = half(block), minimum = half(block + 2);
    for (int i = 0; i < 16; ++i) {
        v[i] = scale * float(low(block[4 + i])) + minimum;
        v[i + 16] = scale * float(high(block[4 + i])) + minimum;
    }
}

// f16 scale, 32 fifth bits, 16 bytes
void q5_0(const std::byte* block, float* v) {
    const float scale = half(block);
    const auto fifth = read<std::uint32_t>(block + 2);
    for (int i = 0; i < 16; ++i) {
        v[i] = scale * float((low(block[6 + i]) | int(fifth >> i & 1) << 4) - 16);
        v[i + 16] = scale * float((high(block[6 + i]) | int(fifth >> (i + 16) & 1) << 4) - 16);
    }
}

// f16 scale, f16 minimum, 32 fifth bits, 16 bytes
void q5_1(const std::byte* block, float* v) {
    const float scale = half(block), minimum = half(block + 2);
    const auto fifth = read<std::uint32_t>(block + 4);
    for (int i = 0; i < 16; ++i) {
        v[i] = scale * float(low(block[8 + i]) | int(fifth >> i & 1) << 4) + minimum;
        v[i + 16] = scale * float(high(block[8 + i]) | int(fifth >> (i + 16) & 1) << 4) + minimum;
    }
}

// f16 scale of scales, f16 scale of minima, eight 6-bit scales and minima in 12 bytes, 128 bytes of 4-bit values:
// 32 bytes hold two groups of 32 values, the low halves first.
void q4_k(const std::byte* block, float* v) {
    const float scale = half(block), minimum = half(block + 2);
    const std::byte* packed = block + 4;
    const std::byte* quants = block + 16;
    for (int group = 0; group < 8; ++group) {
        int s = 0, m = 0;
        if (group < 4) {
            s = int(packed[group]) & 63;
            m = int(packed[group + 4]) & 63;
        } else {
            s = low(packed[group + 4]) | (int(packed[group - 4]) >> 6) << 4;
            m = high(packed[group + 4]) | (int(packed[group]) >> 6) << 4;
        }
        const float d = scale * float(s), least = minimum * float(m);
        const std::byte* q = quants + group / 2 * 32;
        for (int i = 0; i < 32; ++i) v[group * 32 + i] = d * float(group % 2 ? high(q[i]) : low(q[i])) - least;
    }
}

// 128 bytes of low halves, 64 bytes of upper bit pairs, sixteen signed 8-bit scales, f16 scale of scales
void q6_k(const std::byte* block, float* v) {
    const float scale = half(block + 208);
    for (int part = 0; part < 2; ++part) {
        const std::byte* lower = block + part * 64;
        const std::byte* upper = block + 128 + part * 32;
        const std::byte* scales = block + 192 + part * 8;
        for (int i = 0; i < 128; ++i) {
            const int quarter = i / 32, column = i % 32;
            const std::byte nibbles = lower[column + quarter % 2 * 32];
            const int four = quarter < 2 ? low(nibbles) : high(nibbles);
            const int two = int(upper[column]) >> (2 * quarter) & 3;
            v[part * 128 + i] = scale * float(read<std::int8_t>(scales + i / 16)) * float((four | two << 4) - 32);
        }
    }
}

constexpr std::array kFormats{
    QuantisedFormat{0, "F32", 1, 4, f32},        QuantisedFormat{1, "F16", 1, 2, f16},
    QuantisedFormat{2, "Q4_0", 32, 18, q4_0},    QuantisedFormat{3, "Q4_1", 32, 20, q4_1},
    QuantisedFormat{6, "Q5_0", 32, 22, q5_0},    QuantisedFormat{7, "Q5_1", 32, 24, q5_1},
    QuantisedFormat{8, "Q8_0", 32, 34, q8_0},    QuantisedFormat{12, "Q4_K", 256, 144, q4_k},
    QuantisedFormat{14, "Q6_K", 256, 210, q6_k}, QuantisedFormat{30, "BF16", 1, 2, bf16},
};

} // namespace

const QuantisedFormat* quantisedFormat(std::uint32_t type) {
    for (const QuantisedFormat& format : kFormats)
        if (format.type == type) return &format;
    return nullptr;
}

void dequantise(const QuantisedFormat& format, std::span<const std::byte> bytes, std::span<float> values) {
    const std::size_t blocks = values.size() / std::size_t(format.blockValues);
    assert(blocks * std::size_t(format.blockValues) == values.size());
    assert(blocks * std::size_t(format.blockBytes) == bytes.size());
    for (std::size_t i = 0; i < blocks; ++i)
        format.dequantiseBlock(bytes.data() + i * std::size_t(format.blockBytes),
                               values.data() + i * std::size_t(format.blockValues));
}

float halfToFloat(std::uint16_t bits) {
    const int exponent = bits >> 10 & 0x1F, fraction = bits & 0x3FF;
    float magnitude = 0;
    if (exponent == 0)
        magnitude = std::ldexp(float(fraction), -24);
    else if (exponent == 31)
        magnitude = fraction ? NAN : INFINITY;
    else
        magnitude = std::bit_cast<float>(std::uint32_t(exponent + 112) << 23 | std::uint32_t(fraction) << 13);
    return bits & 0x8000 ? -magnitude : magnitude;
}

float bfloatToFloat(std::uint16_t bits) {
    return std::bit_cast<float>(std::uint32_t(bits) << 16);
}

std::uint16_t floatToBfloat(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    if (std::isnan(value)) return std::uint16_t(bits >> 16 | 0x40);
    return std::uint16_t((bits + 0x7FFF + (bits >> 16 & 1)) >> 16);
}

} // namespace palimpsest
