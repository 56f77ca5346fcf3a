// What a transformer layer does to every row between its matrix products, in f32, each in one walk over memory:
// RMS norm (Zhang and Sennrich, arXiv 1910.07467) with the residual sum before it, the gate of SwiGLU (Shazeer,
// arXiv 2002.05202), and rotary positions (Su et al., arXiv 2104.09864) on interleaved pairs.
//
// And of a row of logits, what sampling needs of all of them: powers relative to the largest.
//
// Thread-safe: no state. A row's result does not depend on the other rows. Rows are `stride` floats apart.
#pragma once

#include <cstdint>

namespace palimpsest {

struct Rows {
    float* data = nullptr;
    std::int64_t stride = 0;
};

// x += added (when given), then out = x / sqrt(mean(x²) + epsilon) * weight. All (rows, width); weight (width).
struct NormCall {
    Rows x;
    Rows added; // data null: nothing is added
    const float* weight = nullptr;
    float epsilon = 0;
    std::int64_t rows = 0, width = 0;
    Rows out; // may be x
};
void normalise(const NormCall& call);

// out = silu(gate) * up, where a row of `gateUp` (rows, 2 width) holds the gates, then the ups. out (rows, width) may be
// gateUp's own memory with its stride.
struct GateCall {
    Rows gateUp;
    std::int64_t rows = 0, width = 0;
    Rows out;
};
void gate(const GateCall& call);

// Turns the pairs (2i, 2i + 1) of every head by the angle whose cosine and sine are turns[row][i]: in place.
struct RotateCall {
    Rows x; // (rows, heads, headSize), heads dense
    std::int64_t rows = 0, heads = 0, headSize = 0;
    const float* turns = nullptr; // (rows, headSize / 2, 2): cosine, sine
};
void rotate(const RotateCall& call);

// x (count) becomes exp(factor * (x - its largest)), within 2^-16 of itself where that is above 2^-100; 0 for -infinity.
// No NaN and no +infinity in x; factor >= 0. -> the largest, -infinity when there is no other number: then x is zeros.
struct PowersCall {
    float* x = nullptr;
    std::int64_t count = 0;
    float factor = 1;
};
float powersOfLargest(const PowersCall& call);

// One per instruction set; the functions above choose.
struct RowOperations {
    void (*normalise)(const NormCall& call);
    void (*gate)(const GateCall& call);
    void (*rotate)(const RotateCall& call);
    float (*powersOfLargest)(const PowersCall& call);
};
const RowOperations& rowOperationsScalar();
const RowOperations& rowOperationsAvx2();
const RowOperations& rowOperationsAvx512();

} // namespace palimpsest
