// Every weight format: blocks packed here from chosen numbers, bit by bit as the format says, must give those numbers.
#include "models/quantisation.h"

#include "tests/support/cases.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <limits>
#include <random>
#include <string>
#include <vector>

namespace palimpsest {
namespace {

// 1.5, 0.25 and -3: exact in half precision, so that products of them with small integers are exact in f32.
constexpr std::uint16_t kHalf1_5 = 0x3E00, kHalf0_25 = 0x3400, kHalfMinus3 = 0xC200;

class Block {
public:
    void half(std::uint16_t bits) { append(bits); }
    template<class T>
    void append(T value) {
        m_bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    }
    void zeros(std::size_t count) { m_bytes.append(count, '\0'); }
    // Ors `value` in at a bit of a byte.
    void bits(std::size_t byte, int shift, int value) { m_bytes[byte] = char(m_bytes[byte] | value << shift); }
    std::vector<float> values(std::uint32_t type) const {
        const QuantisedFormat* format = quantisedFormat(type);
        CHECK(format && m_bytes.size() == std::size_t(format->blockBytes)) << "type" << type;
        std::vector<float> all(std::size_t(format->blockValues));
        dequantise(*format, std::as_bytes(std::span(m_bytes)), all);
        return all;
    }

private:
    std::string m_bytes;
};

std::vector<int> randomQuants(std::size_t count, int least, int most) {
    std::mt19937 random(unsigned(count) + unsigned(most));
    std::vector<int> all(count);
    for (int& q : all) q = least + int(random() % unsigned(most - least + 1));
    return all;
}

void compare(const char* format, const std::vector<float>& got, const std::vector<float>& wanted) {
    CHECK(got == wanted) << format;
}

// Values 0 … 15 in low halves, 16 … 31 in high ones, from `start`.
void packNibbles(Block& block, std::size_t start, const std::vector<int>& quants) {
    block.zeros(16);
    for (std::size_t i = 0; i < 32; ++i) block.bits(start + i % 16, i < 16 ? 0 : 4, quants[i] & 15);
}

CASE(q8_0) {
    const auto quants = randomQuants(32, -128, 127);
    Block block;
    block.half(kHalf1_5);
    std::vector<float> wanted;
    for (int q : quants) {
        block.append(std::int8_t(q));
        wanted.push_back(1.5f * float(q));
    }
    compare("Q8_0", block.values(8), wanted);
}

CASE(q4_0AndQ4_1) {
    const auto quants = randomQuants(32, 0, 15);
    Block zero, one;
    zero.half(kHalf0_25);
    packNibbles(zero, 2, quants);
    one.half(kHalf0_25);
    one.half(kHalfMinus3);
    packNibbles(one, 4, quants);
    std::vector<float> wantedZero, wantedOne;
    for (int q : quants) {
        wantedZero.push_back(0.25f * float(q - 8));
        wantedOne.push_back(0.25f * float(q) - 3);
    }
    compare("Q4_0", zero.values(2), wantedZero);
    compare("Q4_1", one.values(3), wantedOne);
}

CASE(q5_0AndQ5_1) {
    const auto quants = randomQuants(32, 0, 31);
    std::uint32_t fifth = 0;
    for (std::size_t i = 0; i < 32; ++i) fifth |= std::uint32_t(quants[i] >> 4) << i;
    Block zero, one;
    zero.half(kHalf0_25);
    zero.append(fifth);
    packNibbles(zero, 6, quants);
    one.half(kHalf0_25);
    one.half(kHalfMinus3);
    one.append(fifth);
    packNibbles(one, 8, quants);
    std::vector<float> wantedZero, wantedOne;
    for (int q : quants) {
        wantedZero.push_back(0.25f * float(q - 16));
        wantedOne.push_back(0.25f * float(q) - 3);
    }
    compare("Q5_0", zero.values(6), wantedZero);
    compare("Q5_1", one.values(7), wantedOne);
}

// Scales and minima of eight groups, six bits each: the first four in the low six bits of bytes 0 … 3 and 4 … 7, the
// last four split: four bits in bytes 8 … 11 (scale low, minimum high), two in the upper bits of bytes 0 … 3 and 4 … 7.
CASE(q4_K) {
    const auto quants = randomQuants(256, 0, 15), scales = randomQuants(8, 0, 63), minima = randomQuants(9, 0, 63);
    Block block;
    block.half(kHalf1_5);
    block.half(kHalf0_25);
    block.zeros(12 + 128);
    for (std::size_t g = 0; g < 4; ++g) {
        block.bits(4 + g, 0, scales[g]);
        block.bits(8 + g, 0, minima[g]);
        block.bits(12 + g, 0, scales[g + 4] & 15);
        block.bits(12 + g, 4, minima[g + 4] & 15);
        block.bits(4 + g, 6, scales[g + 4] >> 4);
        block.bits(8 + g, 6, minima[g + 4] >> 4);
    }
    std::vector<float> wanted;
    for (std::size_t i = 0; i < 256; ++i) {
        const std::size_t group = i / 32;
        block.bits(16 + i / 64 * 32 + i % 32, i % 64 < 32 ? 0 : 4, quants[i]);
        wanted.push_back(1.5f * float(scales[group]) * float(quants[i]) - 0.25f * float(minima[group]));
    }
    compare("Q4_K", block.values(12), wanted);
}

// Halves of 128 values; within one, value 32 a + b has its low four bits in byte b or b + 32 and its upper two in byte
// b of the pairs, at bit 2 a.
CASE(q6_K) {
    const auto quants = randomQuants(256, 0, 63), scales = randomQuants(16, -128, 127);
    Block block;
    block.zeros(128 + 64);
    for (int scale : scales) block.append(std::int8_t(scale));
    block.half(kHalf0_25);
    std::vector<float> wanted;
    for (std::size_t i = 0; i < 256; ++i) {
        const std::size_t half = i / 128, a = i % 128 / 32, b = i % 32;
        block.bits(half * 64 + b + (a % 2) * 32, a < 2 ? 0 : 4, quants[i] & 15);
        block.bits(128 + half * 32 + b, int(2 * a), quants[i] >> 4);
        wanted.push_back(0.25f * float(scales[i / 16]) * float(quants[i] - 32));
    }
    compare("Q6_K", block.values(14), wanted);
}

CASE(plainFormats) {
    Block f32, f16, bf16;
    f32.append(0.1f);
    f16.half(kHalfMinus3);
    bf16.append(std::uint16_t(0x3FC0));
    compare("F32", f32.values(0), {0.1f});
    compare("F16", f16.values(1), {-3});
    compare("BF16", bf16.values(30), {1.5f});
}

CASE(halvesAreExact) {
    CHECK(halfToFloat(0x0001) == 0x1p-24f && halfToFloat(0x03FF) == 1023 * 0x1p-24f && halfToFloat(0x0400) == 0x1p-14f);
    CHECK(halfToFloat(0x7BFF) == 65504 && halfToFloat(0xC000) == -2 && halfToFloat(0x8000) == 0);
    CHECK(std::isinf(halfToFloat(0x7C00)) && std::isnan(halfToFloat(0x7E00)) && std::signbit(halfToFloat(0x8000)));
}

CASE(bfloatsRoundToNearestEven) {
    CHECK(floatToBfloat(1.0f) == 0x3F80 && floatToBfloat(-2.5f) == 0xC020);
    CHECK(floatToBfloat(std::bit_cast<float>(0x3F808000u)) == 0x3F80); // a tie: down to even
    CHECK(floatToBfloat(std::bit_cast<float>(0x3F818000u)) == 0x3F82); // a tie: up to even
    CHECK(floatToBfloat(std::bit_cast<float>(0x3F808001u)) == 0x3F81);
    CHECK(std::isnan(bfloatToFloat(floatToBfloat(std::numeric_limits<float>::quiet_NaN()))));
    CHECK(std::isinf(bfloatToFloat(floatToBfloat(std::numeric_limits<float>::max()))));
}

CASE(formatsThatCannotBeReadAreNone) {
    for (std::uint32_t type : {4u, 5u, 9u, 10u, 11u, 13u, 16u, 29u, 31u, 1000u}) CHECK(!quantisedFormat(type)) << type;
}

} // namespace
} // namespace palimpsest
