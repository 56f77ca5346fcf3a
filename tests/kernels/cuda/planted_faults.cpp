// Kernels with a mistake each, and one without: the tests of the tests. Every case is run by itself, and CMakeLists.txt says
// what must be said of it. Most leave the numbers right, as such mistakes do on a card until they do not.
#include "tests/kernels/cuda/emulation/device.h"

#include "kernels/cuda/fragments.cuh"
#include "tests/support/cases.h"

namespace palimpsest::cuda {
namespace {

constexpr int kStride = kSharedStride<16>;

void run(unsigned blocks, int sharedBytes, void (*kernel)(float*), float* out) {
    emulation::launch({blocks, 1, 1}, kThreads, std::size_t(sharedBytes), [&] { kernel(out); });
}

// Each thread hands its number to its neighbour, in another warp for some.
template<bool kBarrier>
void handOver(float* out) {
    SharedMemory shared;
    auto* numbers = shared.take<float>(kThreads);
    numbers[threadIdx.x] = float(threadIdx.x);
    if (kBarrier) barrier();
    out[blockIdx.x * kThreads + threadIdx.x] = numbers[(threadIdx.x + kThreads - 1) % kThreads];
}

CASE(withoutAMistake) {
    std::vector<float> out(2 * kThreads);
    run(2, kThreads * 4, handOver<true>, out.data());
    for (int i = 0; i < kThreads; ++i) CHECK(out[std::size_t(i)] == float((i + kThreads - 1) % kThreads)) << i;
}

CASE(aBarrierIsMissing) {
    std::vector<float> out(kThreads);
    run(1, kThreads * 4, handOver<false>, out.data());
}

// Rows brought by one warp are multiplied by all: the copies are waited for, but only by those who made them.
void copiesWithoutBarrier(float* out) {
    static const std::uint16_t ones[16 * 16] = {};
    SharedMemory shared;
    auto* rows = shared.take<Bits>(16 * kStride);
    const int thread = int(threadIdx.x);
    if (thread < 32) copy16(rows + thread / 2 * kStride + thread % 2 * 8, ones + thread * 8, true);
    waitForCopies();
    std::uint32_t left[1][4];
    loadLeft<16>(left, rows);
    out[thread] = float(left[0][0]);
}

CASE(copiesAreReadWithoutABarrier) {
    std::vector<float> out(kThreads);
    run(1, 16 * kStride * 2, copiesWithoutBarrier, out.data());
}

// The next piece is brought into rows that other warps may still read.
void stageOverwritten(float* out) {
    static const float pieces[2 * kThreads] = {};
    SharedMemory shared;
    auto* stage = shared.take<float>(kThreads);
    float sum = 0;
    for (int piece = 0; piece < 2; ++piece) {
        copy4(stage + threadIdx.x, pieces + piece * kThreads + int(threadIdx.x));
        waitForCopies();
        barrier();
        sum += stage[kThreads - 1 - threadIdx.x];
    }
    out[threadIdx.x] = sum;
}

CASE(aStageIsOverwrittenWhileItIsRead) {
    std::vector<float> out(kThreads);
    run(1, kThreads * 4, stageOverwritten, out.data());
}

// A sum over blocks without atomics.
CASE(twoBlocksAddToOneNumber) {
    float sum = 0;
    run(
        2, 0,
        [](float* out) {
            if (threadIdx.x == blockIdx.x) *out += 1;
        },
        &sum);
    CHECK(sum == 2);
}

CASE(aSharedArrayIsOverrunIntoTheNext) {
    const auto kernel = [](float* out) {
        SharedMemory shared;
        auto* first = shared.take<float>(kThreads);
        auto* second = shared.take<float>(kThreads);
        first[threadIdx.x + 1] = 1;
        second[threadIdx.x] = 2;
        out[threadIdx.x] = second[threadIdx.x];
    };
    std::vector<float> out(kThreads);
    run(1, 2 * kThreads * 4, kernel, out.data());
}

CASE(aResultIsWrittenBeyondItsEnd) {
    std::vector<float> out(kThreads - 1);
    run(
        1, 0, [](float* to) { to[threadIdx.x] = 1; }, out.data());
}

CASE(aShiftIsTooFar) {
    std::vector<float> out(kThreads);
    run(
        1, 0, [](float* to) { to[threadIdx.x] = float(1 << (int(threadIdx.x) + 1)); }, out.data());
}

CASE(threadsMeetAtDifferentBarriers) {
    const auto kernel = [](float*) {
        if (threadIdx.x < 32)
            barrier();
        else
            barrier();
    };
    run(1, 0, kernel, nullptr);
}

CASE(someLanesLeaveBeforeAProduct) {
    const auto kernel = [](float* out) {
        if (threadIdx.x % 32 == 7) return;
        out[threadIdx.x] = exchangeXor(1, 1);
    };
    std::vector<float> out(kThreads);
    run(1, 0, kernel, out.data());
}

CASE(moreSharedMemoryThanTheLaunchAskedFor) {
    const auto kernel = [](float* out) {
        SharedMemory shared;
        out[threadIdx.x] = *shared.take<float>(5);
    };
    std::vector<float> out(kThreads);
    run(1, 16, kernel, out.data());
}

CASE(aRowIsNotAligned) {
    const auto kernel = [](float*) {
        SharedMemory shared;
        std::uint32_t left[1][4];
        loadLeft<16>(left, shared.take<Bits>(17 * kStride) + 1);
    };
    run(1, 17 * kStride * 2, kernel, nullptr);
}

// The bytes come at the wait and not before.
void forgottenWait(float* out) {
    static const float numbers[kThreads] = {1, 2, 3, 4};
    SharedMemory shared;
    auto* stage = shared.take<float>(kThreads);
    copy4(stage + threadIdx.x, numbers + int(threadIdx.x));
    out[threadIdx.x] = stage[threadIdx.x];
    waitForCopies();
}

CASE(aForgottenWaitChangesTheResult) {
    std::vector<float> out(kThreads);
    run(1, kThreads * 4, forgottenWait, out.data());
    CHECK(out[0] != out[0]) << "not a number was expected";
}

} // namespace
} // namespace palimpsest::cuda
