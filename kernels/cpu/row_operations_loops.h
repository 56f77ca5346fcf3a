// The loops of row_operations.h, compiled once per instruction set.
#pragma once

#include "kernels/cpu/row_operations.h"
#include "kernels/cpu/simd.h"

namespace palimpsest {
namespace {

inline float total(Floats x) {
    alignas(64) float lanes[kWidth];
    store(lanes, x);
    float all = 0;
    for (int i = 0; i < kWidth; ++i) all += lanes[i];
    return all;
}

inline void normaliseRow(float* x, const float* added, const NormCall& call, float* out) {
    const std::int64_t whole = call.width / kWidth * kWidth;
    Floats squares = zeros();
    for (std::int64_t i = 0; i < whole; i += kWidth) {
        Floats value = load(x + i);
        if (added) {
            value = sum(value, load(added + i));
            store(x + i, value);
        }
        squares = multiplyAdd(value, value, squares);
    }
    float squared = total(squares);
    for (std::int64_t i = whole; i < call.width; ++i) {
        if (added) x[i] += added[i];
        squared += x[i] * x[i];
    }
    const float scale = 1 / __builtin_sqrtf(squared / float(call.width) + call.epsilon);
    const Floats scales = all(scale);
    for (std::int64_t i = 0; i < whole; i += kWidth) store(out + i, load(x + i) * scales * load(call.weight + i));
    for (std::int64_t i = whole; i < call.width; ++i) out[i] = x[i] * scale * call.weight[i];
}

inline void normaliseLoop(const NormCall& call) {
    for (std::int64_t r = 0; r < call.rows; ++r)
        normaliseRow(call.x.data + r * call.x.stride,
                     call.added.data ? call.added.data + r * call.added.stride : nullptr, call,
                     call.out.data + r * call.out.stride);
}

// x / (1 + exp(-x)); the exponent is held where 2^x is finite.
inline Floats silu(Floats x) {
    const Floats power = zeros() - larger(zeros() - all(127.0f), x * all(1.44269504f));
    return x / sum(all(1.0f), powerOfTwo(power));
}

inline void gateLoop(const GateCall& call) {
    const std::int64_t whole = call.width / kWidth * kWidth;
    for (std::int64_t r = 0; r < call.rows; ++r) {
        const float* gates = call.gateUp.data + r * call.gateUp.stride;
        const float* ups = gates + call.width;
        float* out = call.out.data + r * call.out.stride;
        for (std::int64_t i = 0; i < whole; i += kWidth) store(out + i, silu(load(gates + i)) * load(ups + i));
        if (whole == call.width) continue;
        alignas(64) float rest[kWidth] = {};
        for (std::int64_t i = whole; i < call.width; ++i) rest[i - whole] = gates[i];
        store(rest, silu(load(rest)));
        for (std::int64_t i = whole; i < call.width; ++i) out[i] = rest[i - whole] * ups[i];
    }
}

inline void rotateLoop(const RotateCall& call) {
    const std::int64_t pairs = call.headSize / 2;
    for (std::int64_t r = 0; r < call.rows; ++r) {
        const float* turns = call.turns + r * call.headSize;
        for (std::int64_t h = 0; h < call.heads; ++h) {
            float* x = call.x.data + r * call.x.stride + h * call.headSize;
            for (std::int64_t i = 0; i < pairs; ++i) {
                const float a = x[2 * i], b = x[2 * i + 1], c = turns[2 * i], s = turns[2 * i + 1];
                x[2 * i] = a * c - b * s;
                x[2 * i + 1] = a * s + b * c;
            }
        }
    }
}

inline float powersLoop(const PowersCall& call) {
    const std::int64_t whole = call.count / kWidth * kWidth;
    constexpr float kMinusInfinity = -__builtin_inff();
    alignas(64) float rest[kWidth];
    store(rest, all(kMinusInfinity));
    for (std::int64_t i = whole; i < call.count; ++i) rest[i - whole] = call.x[i];
    Floats most = load(rest);
    for (std::int64_t i = 0; i < whole; i += kWidth) most = larger(load(call.x + i), most);
    alignas(64) float lanes[kWidth];
    store(lanes, most);
    float largest = kMinusInfinity;
    for (const float lane : lanes) largest = lane > largest ? lane : largest;
    const float base = largest == kMinusInfinity ? 0 : largest;
    const auto powers = [&](Floats x) { return powerOfTwo((x - all(base)) * all(call.factor * 1.44269504f)); };
    for (std::int64_t i = 0; i < whole; i += kWidth) store(call.x + i, powers(load(call.x + i)));
    store(rest, powers(load(rest)));
    for (std::int64_t i = whole; i < call.count; ++i) call.x[i] = rest[i - whole];
    return largest;
}

constexpr RowOperations kRowOperations{normaliseLoop, gateLoop, rotateLoop, powersLoop};

} // namespace
} // namespace palimpsest
