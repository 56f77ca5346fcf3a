// A random problem of sparse attention for tests: owns what AttentionInput borrows, in f32 and, rounded, in bf16.
#pragma once

#include "kernels/sparse_attention.h"

#include <bit>
#include <random>
#include <string>
#include <vector>

namespace palimpsest::test {

struct Problem {
    std::string name;
    std::int64_t heads = 2, keyHeads = 1, headSize = 8; // H, G, K
    SparsePattern pattern{5, 3, 4, 2};
    int phase = 1;
    std::vector<std::int64_t> globals;
    std::vector<AttentionRun> runs;
    std::vector<std::int64_t> positions;
    std::int64_t gap = 0; // elements between rows that belong to neither; keys and values interleaved when negative
    float scale = 0.4f;

    std::int64_t queryCount() const {
        std::int64_t count = 0;
        for (const AttentionRun& run : runs) count += run.count;
        return count;
    }
};

inline std::vector<std::int64_t> positionsUpTo(std::int64_t end, std::int64_t from = 0, std::int64_t step = 1) {
    std::vector<std::int64_t> positions;
    for (std::int64_t p = from; p < end; p += step) positions.push_back(p);
    return positions;
}

inline float widened(float x) {
    return x;
}
inline float widened(Bf16 x) {
    return std::bit_cast<float>(std::uint32_t(x.bits) << 16);
}

// Random values that are the same number in both types.
class Tensors {
public:
    explicit Tensors(const Problem& p) : m_problem(p) {
        const std::int64_t row = p.keyHeads * p.headSize;
        m_stride = p.gap < 0 ? 2 * row : row + p.gap;
        m_queryStride = p.heads * p.headSize + (p.gap > 0 ? p.gap : 0);
        fill(m_queries, p.queryCount() * m_queryStride);
        fill(m_keys, std::int64_t(p.positions.size()) * m_stride);
        fill(m_values, std::int64_t(p.positions.size()) * m_stride);
        fill(m_ownKeys, p.queryCount() * m_stride);
        fill(m_ownValues, p.queryCount() * m_stride);
        fill(m_outputGradient, p.queryCount() * p.heads * p.headSize);
    }

    template<class T>
    AttentionInput<T> input() const {
        const Problem& p = m_problem;
        const bool interleaved = p.gap < 0;
        const std::int64_t row = p.keyHeads * p.headSize;
        AttentionInput<T> in;
        in.heads = p.heads;
        in.keyHeads = p.keyHeads;
        in.headSize = p.headSize;
        in.pattern = p.pattern;
        in.phase = p.phase;
        in.globals = p.globals;
        in.runs = p.runs;
        in.positions = p.positions;
        in.scale = p.scale;
        in.queries = m_queries.as(T()).data();
        in.queryStride = m_queryStride;
        in.keys = m_keys.as(T()).data();
        in.values = interleaved ? in.keys + row : m_values.as(T()).data();
        in.rowStride = m_stride;
        in.ownKeys = m_ownKeys.as(T()).data();
        in.ownValues = interleaved ? in.ownKeys + row : m_ownValues.as(T()).data();
        in.ownStride = m_stride;
        return in;
    }

    template<class T>
    const std::vector<T>& outputGradient() const {
        return m_outputGradient.as(T());
    }

    // The f32 elements, to be varied.
    std::vector<float>& queries() { return m_queries.f32; }
    std::vector<float>& keys() { return m_keys.f32; }
    std::vector<float>& values() { return m_values.f32; }
    std::vector<float>& ownKeys() { return m_ownKeys.f32; }
    std::vector<float>& ownValues() { return m_ownValues.f32; }

private:
    struct Both {
        std::vector<float> f32;
        std::vector<Bf16> bf16;
        const std::vector<float>& as(float) const { return f32; }
        const std::vector<Bf16>& as(Bf16) const { return bf16; }
    };

    void fill(Both& both, std::int64_t count) {
        std::normal_distribution<float> normal;
        for (std::int64_t i = 0; i < count; ++i) {
            const Bf16 x{std::uint16_t(std::bit_cast<std::uint32_t>(normal(m_random)) >> 16)};
            both.bf16.push_back(x);
            both.f32.push_back(widened(x));
        }
    }

    const Problem& m_problem;
    std::mt19937 m_random{11};
    std::int64_t m_stride = 0, m_queryStride = 0;
    Both m_queries, m_keys, m_values, m_ownKeys, m_ownValues, m_outputGradient;
};

} // namespace palimpsest::test
