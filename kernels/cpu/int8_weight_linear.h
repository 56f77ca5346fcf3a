// Int8 weights of packed_weight_linear.h: how numbers become bytes.
//
// A run of numbers has one scale, its largest magnitude / 127; the numbers are rounded to the nearest multiples of it:
// symmetric, -127 … 127. A row of the weights is one run. A row of activations, quantised at every call, has one run for
// each kInt8Group positions, because a few channels of a transformer's activations are many times larger than the rest
// (LLM.int8(), arXiv 2208.07339). Measured on SmolLM2-135M, held-out books, all matrices and the head: divergence
// from the model in f32 0.0090 nats so, 0.037 with one run per row of activations, 0.0069 with groups of weights too.
//
// VNNI multiplies unsigned by signed bytes, so it takes activations + 128, and the sums of a group start from the
// correction packed with the weights: -128 * (sum of the column's bytes in the group). Without VNNI products are made of
// 16-bit pairs (pmaddwd), which cannot saturate: 2 * 127 * 127 fits, and so do the 32-bit sums of a group.
#pragma once

#include <cstdint>

namespace palimpsest {

constexpr std::int64_t kInt8Group = 64; // positions of K; a multiple of 4

constexpr std::int64_t int8Groups(std::int64_t k) {
    return (k + kInt8Group - 1) / kInt8Group;
}

// values (count) -> quantised (count); returns the scale. A run that holds a value that is not finite gives a NaN and
// zeros; one of zeros, or of values too small for their scale to be a normal number, a zero and zeros.
float quantise(const float* values, std::int64_t count, std::int8_t* quantised);

} // namespace palimpsest
