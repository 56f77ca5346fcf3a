// Runs a sparse attention kernel on a test's problem, and compares.
#pragma once

#include "kernels/cpu/sparse_attention_plan.h"
#include "tests/kernels/sparse_attention_problems.h"

#include <atomic>
#include <cmath>
#include <cstring>
#include <thread>

namespace palimpsest::test {

struct KernelSet {
    const AttentionKernelSet* kernels;
};

// Those this machine can run, each once.
inline std::vector<KernelSet> kernelSets() {
    std::vector<KernelSet> sets;
    for (const char* limit : {"scalar", "avx2", "avx512", ""}) {
        const AttentionKernelSet* set = &attentionKernels(limited(processorInstructions(), limit));
        if (sets.empty() || sets.back().kernels != set) sets.push_back({set});
    }
    return sets;
}

inline ParallelFor serial() {
    return [](std::int64_t items, const auto& body) {
        if (items) body(0, items);
    };
}
// What no order of the work and no sharing of state between its items survives.
inline ParallelFor oneByOneBackwards() {
    return [](std::int64_t items, const auto& body) {
        for (std::int64_t i = items; i-- > 0;) body(i, i + 1);
    };
}
// Real threads, each of which takes the next item when it is done with one: no two runs divide the work alike.
inline ParallelFor threads(int count) {
    return [count](std::int64_t items, const auto& body) {
        std::atomic<std::int64_t> next = 0;
        std::vector<std::jthread> all;
        for (int t = 0; t < count; ++t)
            all.emplace_back([&] {
                for (std::int64_t i = next++; i < items; i = next++) body(i, i + 1);
            });
    };
}

template<class T>
struct Outputs {
    std::vector<T> out;
    std::vector<float> logSumExp;
};

// Outputs start as NaN, so that one never written is seen.
template<class T>
std::vector<T> unwritten(std::int64_t count) {
    T nan;
    std::memset(static_cast<void*>(&nan), 0xff, sizeof nan);
    return std::vector<T>(std::size_t(count), nan);
}

template<class T>
Outputs<T> forward(const AttentionKernels<T>& kernels, const AttentionInput<T>& in, const ParallelFor& parallel) {
    std::int64_t queries = 0;
    for (const AttentionRun& run : in.runs) queries += run.count;
    Outputs<T> got{unwritten<T>(queries * in.heads * in.headSize), unwritten<float>(queries * in.heads)};
    sparseAttentionForward(kernels, in, got.out.data(), got.logSumExp.data(), parallel);
    return got;
}

// The largest difference; NaN counts as infinite, equal infinities as none.
template<class T>
double worst(const std::vector<T>& got, const std::vector<double>& wanted) {
    if (got.size() != wanted.size()) return std::numeric_limits<double>::infinity();
    double most = 0;
    for (std::size_t i = 0; i < got.size(); ++i) {
        const double x = widened(got[i]);
        if (x == wanted[i]) continue;
        const double error = std::abs(x - wanted[i]);
        most = std::max(most, std::isnan(error) ? std::numeric_limits<double>::infinity() : error);
    }
    return most;
}

template<class T>
bool sameBits(const std::vector<T>& a, const std::vector<T>& b) {
    return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0);
}

// Rounding of values of order one (up to 4): of scores, which are sums of K products whose size is about the root of K
// times the scale, of their powers, and of the sums.
template<class T>
double tolerance(const Problem& p) {
    const double scores = 16 * std::abs(double(p.scale)) * std::sqrt(double(p.headSize));
    const double f32 = 0x1p-23 * (16 + 4 * scores);
    return std::is_same_v<T, float> ? f32 : 0x1p-8 * 4 + f32;
}

} // namespace palimpsest::test
