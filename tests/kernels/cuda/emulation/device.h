// Includes kernels/cuda as ordinary C++: what kernels/cuda/device.cuh offers on a card, here on fibers (see fibers.h).
// Include it before any file of kernels/cuda. DEVICE_ARCH (default 800) chooses the way for older cards: 750.
//
// Asynchronous copies are made as late as allowed: at their issue the target is filled with 0xff, at the wait the bytes
// arrive. So a wait that is missing, or a stage that is still read, changes the result.
#pragma once

#include "tests/kernels/cuda/emulation/fibers.h"
#include "tests/kernels/cuda/emulation/instructions.h"

#include <cmath>
#include <cstdint>
#include <cstring>

#define PALIMPSEST_EMULATED_DEVICE
#define __global__
#define __device__
#define __forceinline__ inline
#define __launch_bounds__(...)
#define __grid_constant__
#define PALIMPSEST_UNROLL _Pragma("GCC unroll 16")
#define PALIMPSEST_UNROLL_TWICE

#define threadIdx (::palimpsest::emulation::threadIndex())
#define blockIdx (::palimpsest::emulation::blockIndex())
#define gridDim (::palimpsest::emulation::gridSize())

#ifndef DEVICE_ARCH
#define DEVICE_ARCH 800
#endif

namespace palimpsest::cuda {

constexpr int kArch = DEVICE_ARCH;
constexpr int kSharedBytesOfACard = (DEVICE_ARCH < 800 ? 64 : 99) * 1024; // the smallest of the supported ones

inline void barrier(int site = __builtin_LINE()) {
    emulation::blockBarrier(site);
}

inline void copy4(void* shared, const void* global) {
    emulation::beginCopy(shared, global, 4);
}
inline void copy16(void* shared, const void* global, bool wanted) {
    emulation::beginCopy(shared, wanted ? global : nullptr, 16);
}
inline void waitForCopies() {
    emulation::finishCopies();
}

template<bool kTransposed>
inline void loadMatrices(std::uint32_t (&registers)[4], const void* row, int site = __builtin_LINE()) {
    emulation::loadMatrices(registers, row, kTransposed, site);
}
inline void multiplyBf16(float (&sum)[4], const std::uint32_t (&a)[4], std::uint32_t b0, std::uint32_t b1,
                         int site = __builtin_LINE()) {
    emulation::multiply(sum, a, b0, b1, true, site);
}
inline void multiplyF16(float (&sum)[4], const std::uint32_t (&a)[4], std::uint32_t b0, std::uint32_t b1,
                        int site = __builtin_LINE()) {
    emulation::multiply(sum, a, b0, b1, false, site);
}
inline float exchangeXor(float value, int lanes, int site = __builtin_LINE()) {
    return emulation::exchangeXor(value, lanes, site);
}

inline std::uint32_t packBf16(float low, float high) {
    return std::uint32_t(emulation::toBf16(low)) | std::uint32_t(emulation::toBf16(high)) << 16;
}
inline std::uint32_t packF16(float low, float high) {
    return std::uint32_t(emulation::toF16(low)) | std::uint32_t(emulation::toF16(high)) << 16;
}
inline float lowBf16(std::uint32_t pair) {
    return emulation::fromBf16(std::uint16_t(pair));
}
inline float lowF16(std::uint32_t pair) {
    return emulation::fromF16(std::uint16_t(pair));
}
inline float exp2Approximate(float x) {
    return std::exp2(x);
}

inline int architecture() {
    return DEVICE_ARCH / 10;
}

class SharedMemory {
public:
    template<class T>
    T* take(int count) {
        return static_cast<T*>(emulation::sharedArray(m_taken++, std::size_t(count) * sizeof(T)));
    }

private:
    int m_taken = 0;
};

// For kernels/cuda/launch.cuh.
template<class Status, class Grid, class Call>
Status launchOnFibers(void (*kernel)(Call), Grid grid, int threads, int sharedBytes, const Call& call) {
    if (sharedBytes > kSharedBytesOfACard) emulation::stop("more shared memory than a card has");
    emulation::launch({grid.x, grid.y, grid.z}, unsigned(threads), std::size_t(sharedBytes), [&] {
        kernel(call);
        emulation::requireNoCopies();
    });
    return Status::Ok;
}

} // namespace palimpsest::cuda
