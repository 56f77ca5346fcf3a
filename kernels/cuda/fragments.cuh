// Products of a warp on tensor cores, over rows of 16-bit numbers in shared memory.
//
// A warp owns 16 rows of a result. In a fragment float[n / 8][4] of 16 x n numbers, lane l holds of each 8 columns:
// [0], [1] row l / 4, columns l % 4 * 2 and the next; [2], [3] the same of row l / 4 + 8 (PTX manual, m16n8k16).
#pragma once

#include "kernels/cuda/device.cuh"

namespace palimpsest::cuda {

using Bits = std::uint16_t; // of a bf16 or f16 number

struct Bf16Numbers {
    static constexpr int kOldestArch = 800;
    static __device__ __forceinline__ void multiply(float (&sum)[4], const std::uint32_t (&a)[4], std::uint32_t b0,
                                                    std::uint32_t b1) {
        multiplyBf16(sum, a, b0, b1);
    }
    static __device__ __forceinline__ std::uint32_t pack(float low, float high) { return packBf16(low, high); }
    static __device__ __forceinline__ float number(std::uint32_t pair) { return lowBf16(pair); }
};
struct F16Numbers {
    static constexpr int kOldestArch = 750;
    static __device__ __forceinline__ void multiply(float (&sum)[4], const std::uint32_t (&a)[4], std::uint32_t b0,
                                                    std::uint32_t b1) {
        multiplyF16(sum, a, b0, b1);
    }
    static __device__ __forceinline__ std::uint32_t pack(float low, float high) { return packF16(low, high); }
    static __device__ __forceinline__ float number(std::uint32_t pair) { return lowF16(pair); }
};

constexpr int kThreads = 128; // of every block here: four warps
constexpr int kWarpRows = 16;

// Numbers from one row to the next in shared memory: eight more than a row has, so that the eight rows a matrix load
// touches lie in different banks.
template<int kColumns>
constexpr int kSharedStride = kColumns + 8;

__device__ __forceinline__ int laneOf() {
    return int(threadIdx.x) % 32;
}
__device__ __forceinline__ int warpOf() {
    return int(threadIdx.x) / 32;
}

template<int kBlocks>
__device__ __forceinline__ void clear(float (&fragment)[kBlocks][4]) {
    PALIMPSEST_UNROLL
    for (int block = 0; block < kBlocks; ++block) PALIMPSEST_UNROLL
    for (int i = 0; i < 4; ++i) fragment[block][i] = 0;
}

// The left side of a product: 16 rows of kDepth numbers.
template<int kDepth>
__device__ __forceinline__ void loadLeft(std::uint32_t (&left)[kDepth / 16][4], const Bits* rows) {
    const Bits* mine = rows + laneOf() % 16 * kSharedStride<kDepth> + laneOf() / 16 * 8;
    PALIMPSEST_UNROLL
    for (int step = 0; step < kDepth / 16; ++step) loadMatrices<false>(left[step], mine + step * 16);
}

// The same from rows that hold it transposed: kDepth rows, of which 16 columns from `columns` on are taken.
template<int kDepth, int kColumns>
__device__ __forceinline__ void loadLeftTransposed(std::uint32_t (&left)[kDepth / 16][4], const Bits* columns) {
    const int row = laneOf() / 16 * 8 + laneOf() % 8, column = laneOf() / 8 % 2 * 8;
    const Bits* mine = columns + row * kSharedStride<kColumns> + column;
    PALIMPSEST_UNROLL
    for (int step = 0; step < kDepth / 16; ++step)
        loadMatrices<true>(left[step], mine + step * 16 * kSharedStride<kColumns>);
}

// sum (16 x kRows) += left (16 x kDepth) times the transpose of `rows` (kRows x kDepth).
template<class Numbers, int kDepth, int kRows>
__device__ __forceinline__ void multiplyByRows(float (&sum)[kRows / 8][4], const std::uint32_t (&left)[kDepth / 16][4],
                                               const Bits* rows) {
    const Bits* mine = rows + laneOf() % 8 * kSharedStride<kDepth> + laneOf() / 8 * 8;
    PALIMPSEST_UNROLL
    for (int step = 0; step < kDepth / 16; step += 2) PALIMPSEST_UNROLL
    for (int block = 0; block < kRows / 8; ++block) {
        std::uint32_t right[4];
        loadMatrices<false>(right, mine + block * 8 * kSharedStride<kDepth> + step * 16);
        Numbers::multiply(sum[block], left[step], right[0], right[1]);
        Numbers::multiply(sum[block], left[step + 1], right[2], right[3]);
    }
}

// sum (16 x kColumns) += left (16 x 16) times `rows` (16 x kColumns).
template<class Numbers, int kColumns>
__device__ __forceinline__ void multiplyByMatrix(float (&sum)[kColumns / 8][4], const std::uint32_t (&left)[4],
                                                 const Bits* rows) {
    const Bits* mine = rows + laneOf() % 16 * kSharedStride<kColumns> + laneOf() / 16 * 8;
    PALIMPSEST_UNROLL
    for (int block = 0; block < kColumns / 8; block += 2) {
        std::uint32_t right[4];
        loadMatrices<true>(right, mine + block * 8);
        Numbers::multiply(sum[block], left, right[0], right[1]);
        Numbers::multiply(sum[block + 1], left, right[2], right[3]);
    }
}

// sum (16 x kColumns) += weights (16 x kRows, a result of a product, rounded to 16 bits) times `rows` (kRows x kColumns).
template<class Numbers, int kColumns, int kRows>
__device__ __forceinline__ void addWeighted(float (&sum)[kColumns / 8][4], const float (&weights)[kRows / 8][4],
                                            const Bits* rows) {
    PALIMPSEST_UNROLL
    for (int step = 0; step < kRows / 16; ++step) {
        const auto& even = weights[2 * step];
        const auto& odd = weights[2 * step + 1];
        const std::uint32_t left[4] = {Numbers::pack(even[0], even[1]), Numbers::pack(even[2], even[3]),
                                       Numbers::pack(odd[0], odd[1]), Numbers::pack(odd[2], odd[3])};
        multiplyByMatrix<Numbers, kColumns>(sum, left, rows + step * 16 * kSharedStride<kColumns>);
    }
}

// Writes this lane's part of a row of kColumns numbers, `half` 0 or 1 of the fragment's two rows.
template<class Numbers, int kColumns>
__device__ __forceinline__ void storeRow(Bits* row, const float (&fragment)[kColumns / 8][4], int half, float factor) {
    auto* pairs = reinterpret_cast<std::uint32_t*>(row) + laneOf() % 4;
    PALIMPSEST_UNROLL
    for (int block = 0; block < kColumns / 8; ++block)
        pairs[block * 4] = half == 0 ? Numbers::pack(fragment[block][0] * factor, fragment[block][1] * factor)
                                     : Numbers::pack(fragment[block][2] * factor, fragment[block][3] * factor);
}

// Over the four lanes that share a row.
__device__ __forceinline__ float sumOfRow(float value) {
    value += exchangeXor(value, 1);
    return value + exchangeXor(value, 2);
}
__device__ __forceinline__ float mostOfRow(float value) {
    const float one = exchangeXor(value, 1);
    value = one > value ? one : value;
    const float other = exchangeXor(value, 2);
    return other > value ? other : value;
}

} // namespace palimpsest::cuda
