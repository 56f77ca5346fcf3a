// Which pairs of a row and a chosen expert belong to which expert: a stable counting sort by one block, so that all that
// follows is the same in every run. And back: what the pairs gave is added up row by row, in the order of the choices.
#pragma once

#include "kernels/cuda/fragments.cuh"
#include "kernels/cuda/plugin.h"

namespace palimpsest::cuda {

constexpr int kMostExperts = 64;
constexpr int kPairTile = 64; // pairs of one expert that a block works on

__device__ __forceinline__ std::int64_t pairsOf(const ExpertsCall& call) {
    return std::int64_t(call.rows) * call.perToken;
}
// ExpertsCall::dispatch holds: pairs by expert (P), the place of each pair among them (P), where experts begin (E + 1).
__device__ __forceinline__ std::int32_t* orderOf(const ExpertsCall& call) {
    return call.dispatch;
}
__device__ __forceinline__ std::int32_t* placesOf(const ExpertsCall& call) {
    return call.dispatch + pairsOf(call);
}
__device__ __forceinline__ std::int32_t* beginsOf(const ExpertsCall& call) {
    return call.dispatch + 2 * pairsOf(call);
}

// ExpertsCall::workspace holds, in this order:
__device__ __forceinline__ float* pairResults(const ExpertsCall& call) { // (P, D)
    return static_cast<float*>(call.workspace);
}
__device__ __forceinline__ float* activeGradients(const ExpertsCall& call) { // (P, W)
    return pairResults(call) + pairsOf(call) * call.width;
}
__device__ __forceinline__ Bits* activeOf(const ExpertsCall& call) { // (P, W): silu(gate) * up, backward times weight
    return reinterpret_cast<Bits*>(activeGradients(call) + pairsOf(call) * call.inner);
}
__device__ __forceinline__ Bits* hiddenGradients(const ExpertsCall& call) { // (P, 2W)
    return activeOf(call) + pairsOf(call) * call.inner;
}

constexpr int dispatchSharedBytes(int experts) {
    return experts * kThreads * 4 + kThreads * 4;
}

// counts[] becomes the exclusive sums of itself; a thread owns `experts` numbers one after the other.
__device__ __forceinline__ void prefixSums(std::int32_t* counts, std::int32_t* totals, int experts) {
    const int thread = int(threadIdx.x);
    std::int32_t total = 0;
    for (int i = 0; i < experts; ++i) total += counts[thread * experts + i];
    totals[thread] = total;
    barrier();
    if (thread == 0)
        for (int i = 0, sum = 0; i < kThreads; ++i) {
            const std::int32_t here = totals[i];
            totals[i] = sum;
            sum += here;
        }
    barrier();
    std::int32_t sum = totals[thread];
    for (int i = 0; i < experts; ++i) {
        const std::int32_t here = counts[thread * experts + i];
        counts[thread * experts + i] = sum;
        sum += here;
    }
    barrier();
}

// Grid: (1). Shared memory: dispatchSharedBytes. Each thread takes a run of pairs; counts[expert][thread].
static __global__ void __launch_bounds__(kThreads) dispatchExperts(ExpertsCall call) {
    SharedMemory shared;
    auto* counts = shared.take<std::int32_t>(call.experts * kThreads);
    auto* totals = shared.take<std::int32_t>(kThreads);
    const int thread = int(threadIdx.x), pairs = int(pairsOf(call)), run = (pairs + kThreads - 1) / kThreads;
    const int begin = thread * run < pairs ? thread * run : pairs, end = begin + run < pairs ? begin + run : pairs;
    for (int e = 0; e < call.experts; ++e) counts[e * kThreads + thread] = 0;
    for (int pair = begin; pair < end; ++pair) ++counts[call.chosen[pair] * kThreads + thread];
    barrier();
    prefixSums(counts, totals, call.experts);
    if (thread == 0) {
        for (int e = 0; e < call.experts; ++e) beginsOf(call)[e] = counts[e * kThreads];
        beginsOf(call)[call.experts] = pairs;
    }
    barrier(); // the counts of a thread are its own from here on
    for (int pair = begin; pair < end; ++pair) {
        const std::int32_t place = counts[call.chosen[pair] * kThreads + thread]++;
        orderOf(call)[place] = pair;
        placesOf(call)[pair] = place;
    }
}

struct CombineCall {
    ExpertsCall call;
    void* to;         // (N, D)
    std::int32_t add; // 1: to what is there; 0: overwrites
};

// Grid: (ceil(N D / 2 / kThreads)).
template<class Numbers>
__global__ void __launch_bounds__(kThreads) combinePairs(CombineCall arguments) {
    const ExpertsCall& call = arguments.call;
    const int half = call.width / 2;
    const std::int64_t index = std::int64_t(blockIdx.x) * kThreads + threadIdx.x;
    if (index >= std::int64_t(call.rows) * half) return;
    const std::int64_t row = index / half, column = index % half * 2;
    auto* to = static_cast<std::uint32_t*>(arguments.to) + index;
    float low = arguments.add ? Numbers::number(*to) : 0, high = arguments.add ? Numbers::number(*to >> 16) : 0;
    for (int choice = 0; choice < call.perToken; ++choice) {
        const std::int64_t place = placesOf(call)[row * call.perToken + choice];
        const float* result = pairResults(call) + place * call.width + column;
        low += result[0];
        high += result[1];
    }
    *to = Numbers::pack(low, high);
}

} // namespace palimpsest::cuda
