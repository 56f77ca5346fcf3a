// How a call is cut: tiles of consecutive queries of one run, times key heads, times parts of the query heads that share
// one. Cuts depend on the input alone, never on the number of threads, so that results do not either.
#pragma once

#include "kernels/cpu/instruction_set.h"
#include "kernels/cpu/sparse_attention_keys.h"

#include <bit>
#include <memory>
#include <new>

namespace palimpsest {

// What runs on a processor with these instructions.
const AttentionKernelSet& attentionKernels(const Instructions& instructions);
inline const AttentionKernels<float>& kernelsFor(const AttentionKernelSet& set, float) {
    return set.f32;
}
inline const AttentionKernels<Bf16>& kernelsFor(const AttentionKernelSet& set, Bf16) {
    return set.bf16;
}

// The public functions with a given set: for tests of every set on one machine.
template<class T>
void sparseAttentionForward(const AttentionKernels<T>& kernels, const AttentionInput<T>& input, T* out,
                            float* logSumExp, const ParallelFor& parallel);
template<class T>
void sparseAttentionBackward(const AttentionKernels<T>& kernels, const AttentionInput<T>& input,
                             const AttentionGradients<T>& gradients, const ParallelFor& parallel);

// To the nearest, ties to even; NaN stays NaN.
inline Bf16 toBf16(float x) {
    const auto bits = std::bit_cast<std::uint32_t>(x);
    return {x == x ? std::uint16_t((bits + 0x7fff + ((bits >> 16) & 1)) >> 16) : std::uint16_t(bits >> 16 | 0x40)};
}

struct QueryTile {
    std::int64_t run = 0;   // its place in the input's runs
    std::int64_t query = 0; // its first query, counted from the run's first
    int count = 0;
    std::int64_t row = 0;    // its first query's row in `queries`
    std::int64_t runRow = 0; // the run's first
};

// Heads [first, first + count) of those that share a key head.
struct HeadPart {
    int first = 0, count = 0;
};

template<class T>
class AttentionPlan {
public:
    explicit AttentionPlan(const AttentionInput<T>& input);

    const std::vector<QueryTile>& tiles() const { return m_tiles; }
    std::int64_t parts() const { return (m_shared + kTileLanes - 1) / kTileLanes; }
    HeadPart part(std::int64_t index) const;
    std::int64_t head(std::int64_t keyHead, std::int64_t partIndex) const; // the part's first head

    AttentionTile<T> tile(const QueryTile& tile, std::int64_t keyHead, std::int64_t partIndex,
                          const SeenKeys& seen) const;

private:
    const AttentionInput<T>& m_input;
    std::vector<QueryTile> m_tiles;
    std::int64_t m_shared;
};

// Asks for rows ahead of their use: what a tile reads once comes from main memory, and would be waited for.
template<class T>
inline void prefetchRows(const T* first, std::int64_t stride, std::int64_t rows, std::int64_t elements) {
    constexpr std::int64_t kLine = 64 / sizeof(T);
    for (std::int64_t row = 0; row < rows; ++row)
        for (std::int64_t k = 0; k < elements; k += kLine) __builtin_prefetch(first + row * stride + k, 0, 2);
}

// A buffer that grows and is kept: its contents are lost when it grows.
class FloatBuffer {
public:
    float* atLeast(std::int64_t floats) {
        if (floats > m_size) {
            m_data.reset();
            m_data.reset(static_cast<float*>(
                ::operator new(std::size_t(floats) * sizeof(float), std::align_val_t(kBufferAlignment))));
            m_size = floats;
        }
        return m_data.get();
    }

private:
    struct Free {
        void operator()(float* p) const { ::operator delete(p, std::align_val_t(kBufferAlignment)); }
    };
    std::unique_ptr<float, Free> m_data;
    std::int64_t m_size = 0;
};

} // namespace palimpsest
