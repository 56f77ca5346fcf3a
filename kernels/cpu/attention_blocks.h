// Blocks of products of the attention kernels, held in registers: scores (keys x lanes), weighted sums of rows
// (elements x lanes), and outer sums over lanes (keys x elements). Local to the including file, see simd.h.
#pragma once

#include "kernels/cpu/simd.h"

namespace palimpsest {
namespace {

#if defined(__AVX512F__)
constexpr int kBlockVectors = 4, kBlockRows = 6; // 24 of 32 registers are sums
constexpr bool kAsksAhead = false;               // 3 % slower where it was tried
#elif defined(__AVX2__)
constexpr int kBlockVectors = 2, kBlockRows = 6; // 12 of 16
constexpr bool kAsksAhead = true;
#else
constexpr int kBlockVectors = 2, kBlockRows = 6;
constexpr bool kAsksAhead = false;
#endif

// Asks for lines `part`, `part` + `parts`, … of each row of a block.
template<class T>
inline void askForRows(const T* const* rows, int part, int parts, int headSize) {
    constexpr int kLine = 64 / int(sizeof(T));
    for (int k = part * kLine; k < headSize; k += parts * kLine)
        for (int i = 0; i < kBlockRows; ++i) __builtin_prefetch(rows[i] + k, 0, 3);
}

// scores (kBlockRows, lanes): row i of the block times the packed queries (K, lanes), over `vectors` vectors.
// Not inlined: beside its callers' constants gcc 12 has no register left for one of the sums and keeps it in memory.
template<int Vectors>
[[gnu::noinline]] void scoreBlock(const float* const* rows, const float* queries, std::int64_t stride, int headSize,
                                  float* scores) {
    Floats sums[kBlockRows][Vectors];
#pragma GCC unroll 8
    for (auto& ofRow : sums)
#pragma GCC unroll 8
        for (Floats& s : ofRow) s = zeros();
    for (int k = 0; k < headSize; ++k) {
        Floats q[Vectors];
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) q[v] = load(queries + k * stride + v * kWidth);
#pragma GCC unroll 8
        for (int i = 0; i < kBlockRows; ++i) {
            const Floats element = all(rows[i][k]);
#pragma GCC unroll 8
            for (int v = 0; v < Vectors; ++v) sums[i][v] = multiplyAdd(element, q[v], sums[i][v]);
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < kBlockRows; ++i)
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) store(scores + i * stride + v * kWidth, sums[i][v]);
}

// sums (Elements, lanes) += over `count` rows: row[element] * weights (count, lanes).
template<int Elements, int Vectors>
inline void weighBlock(const float* const* rows, int count, int element, const float* weights, std::int64_t stride,
                       float* to) {
    Floats sums[Elements][Vectors];
#pragma GCC unroll 8
    for (int e = 0; e < Elements; ++e)
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) sums[e][v] = load(to + e * stride + v * kWidth);
    for (int i = 0; i < count; ++i) {
        const float* row = rows[i] + element;
        Floats w[Vectors];
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) w[v] = load(weights + i * stride + v * kWidth);
#pragma GCC unroll 8
        for (int e = 0; e < Elements; ++e) {
            const Floats value = all(row[e]);
#pragma GCC unroll 8
            for (int v = 0; v < Vectors; ++v) sums[e][v] = multiplyAdd(value, w[v], sums[e][v]);
        }
    }
#pragma GCC unroll 8
    for (int e = 0; e < Elements; ++e)
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) store(to + e * stride + v * kWidth, sums[e][v]);
}

// to[i] (Vectors * kWidth) += factor * sum over `lanes` of weights (i, lane) * rows (lane, .), for Keys rows of sums.
template<int Keys, int Vectors>
inline void outerBlock(const float* weights, std::int64_t stride, const float* rows, std::int64_t rowStride,
                       std::int64_t lanes, float factor, float* const* to, std::int64_t offset) {
    Floats sums[Keys][Vectors];
#pragma GCC unroll 8
    for (auto& ofKey : sums)
#pragma GCC unroll 8
        for (Floats& s : ofKey) s = zeros();
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
        Floats x[Vectors];
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) x[v] = load(rows + lane * rowStride + v * kWidth);
#pragma GCC unroll 8
        for (int i = 0; i < Keys; ++i) {
            const Floats w = all(weights[i * stride + lane]);
#pragma GCC unroll 8
            for (int v = 0; v < Vectors; ++v) sums[i][v] = multiplyAdd(w, x[v], sums[i][v]);
        }
    }
#pragma GCC unroll 8
    for (int i = 0; i < Keys; ++i)
#pragma GCC unroll 8
        for (int v = 0; v < Vectors; ++v) {
            float* at = to[i] + offset + v * kWidth;
            store(at, multiplyAdd(all(factor), sums[i][v], load(at)));
        }
}

// Calls body(std::integral-like constant) for `vectors` <= kBlockVectors: the loops above need it as a constant.
template<int N>
struct Count {
    static constexpr int value = N;
};
template<class Body>
inline void withVectors(int vectors, const Body& body) {
    if (vectors >= kBlockVectors) return body(Count<kBlockVectors>());
    if constexpr (kBlockVectors > 3)
        if (vectors == 3) return body(Count<3>());
    if constexpr (kBlockVectors > 2)
        if (vectors == 2) return body(Count<2>());
    body(Count<1>());
}

// Calls body(constant, first element) over [0, size) in the largest blocks that fit.
template<class Body>
inline void overElements(int size, const Body& body) {
    int e = 0;
    for (; e + kBlockRows <= size; e += kBlockRows) body(Count<kBlockRows>(), e);
    for (; e + 4 <= size; e += 4) body(Count<4>(), e);
    for (; e + 2 <= size; e += 2) body(Count<2>(), e);
    for (; e < size; ++e) body(Count<1>(), e);
}

} // namespace
} // namespace palimpsest
