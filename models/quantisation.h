// The weight formats of ggml that can be imported, and their values as f32
// (https://github.com/ggml-org/ggml/blob/master/src/ggml-common.h). Torch-free.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

namespace palimpsest {

struct QuantisedFormat {
    std::uint32_t type = 0; // of ggml
    const char* name = "";
    std::int64_t blockValues = 1;
    std::int64_t blockBytes = 0;
    void (*dequantiseBlock)(const std::byte* block, float* values) = nullptr;
};

// Null for a type that cannot be read.
const QuantisedFormat* quantisedFormat(std::uint32_t type);

// `bytes` holds whole blocks, exactly those of `values`.
void dequantise(const QuantisedFormat& format, std::span<const std::byte> bytes, std::span<float> values);

float halfToFloat(std::uint16_t half);
float bfloatToFloat(std::uint16_t bits);
std::uint16_t floatToBfloat(float value); // nearest, ties to even; NaN stays NaN

} // namespace palimpsest
