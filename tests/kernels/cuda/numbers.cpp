#include "tests/kernels/cuda/subject.h"

#include <bit>
#include <cmath>
#include <random>

namespace palimpsest::cuda {

std::uint16_t encode(float value, Format format) {
    if (format == Format::F16) return std::bit_cast<std::uint16_t>(static_cast<_Float16>(value));
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return std::uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

float decode(std::uint16_t bits, Format format) {
    if (format == Format::F16) return static_cast<float>(std::bit_cast<_Float16>(bits));
    return std::bit_cast<float>(std::uint32_t(bits) << 16);
}

std::vector<std::uint16_t> encode(const std::vector<float>& values, Format format) {
    std::vector<std::uint16_t> bits;
    for (float value : values) bits.push_back(encode(value, format));
    return bits;
}

std::vector<float> decode(const std::vector<std::uint16_t>& bits, Format format) {
    std::vector<float> values;
    for (std::uint16_t number : bits) values.push_back(decode(number, format));
    return values;
}

std::vector<float> randomNumbers(std::size_t count, Format format, unsigned seed, float deviation) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, deviation);
    std::vector<float> values(count);
    for (float& value : values) value = decode(encode(normal(random), format), format);
    return values;
}

std::vector<Format> formatsOf(std::size_t shape, bool bf16) {
    if (!bf16) return {Format::F16};
#ifdef SANITIZED
    return {shape % 2 == 0 ? Format::F16 : Format::Bf16};
#else
    static_cast<void>(shape);
    return {Format::F16, Format::Bf16};
#endif
}

double worstRatio(const std::vector<float>& result, const Bounded& expected) {
    if (result.size() != expected.value.size()) return 1e9;
    double worst = 0;
    for (std::size_t i = 0; i < result.size(); ++i) {
        if (double(result[i]) == expected.value[i]) continue; // infinities among them
        const double error = std::abs(double(result[i]) - expected.value[i]);
        const double ratio = error / (expected.bound[i] + 1e-30);
        worst = std::max(worst, std::isfinite(ratio) ? ratio : 1e9);
    }
    return worst;
}

} // namespace palimpsest::cuda
