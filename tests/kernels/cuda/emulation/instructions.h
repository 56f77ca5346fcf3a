// The warp and copy instructions the kernels use, as the PTX manual defines them (mma.m16n8k16, ldmatrix.x4, cp.async,
// shfl.bfly). What touches memory of the kernel is inline, so that sanitizers see it where the kernel is compiled.
#pragma once

#include "tests/kernels/cuda/emulation/fibers.h"

#include <cstdint>
#include <cstring>

namespace palimpsest::emulation {

std::uint16_t toBf16(float value); // nearest, ties to even
std::uint16_t toF16(float value);
float fromBf16(std::uint16_t bits);
float fromF16(std::uint16_t bits);

// sum += A B, A 16 x 16, B 16 x 8, fragments as in the manual; products and sums in f32.
void multiply(float (&sum)[4], const std::uint32_t (&a)[4], std::uint32_t b0, std::uint32_t b1, bool bf16, int site);
float exchangeXor(float value, int lanes, int site);

struct Matrices {
    std::uint16_t row[8]; // the row this lane points to
};
void distributeMatrices(std::uint32_t (&registers)[4], const Matrices& mine, bool transposed, int site);

inline void loadMatrices(std::uint32_t (&registers)[4], const void* row, bool transposed, int site) {
    if (reinterpret_cast<std::uintptr_t>(row) % 16 != 0) stop("a matrix row that is not aligned to 16 bytes");
    Matrices mine;
    std::memcpy(mine.row, row, sizeof mine.row);
    distributeMatrices(registers, mine, transposed, site);
}

struct Copy {
    void* to;
    const void* from; // null: zeros
    std::size_t bytes;
};
void addPendingCopy(const Copy& copy); // of the running thread
bool takePendingCopy(Copy& copy);      // the oldest; false when there is none
void requireNoCopies();                // stops when the running thread has any: its kernel forgot to wait

inline void beginCopy(void* to, const void* from, std::size_t bytes) {
    if (reinterpret_cast<std::uintptr_t>(to) % bytes != 0 || reinterpret_cast<std::uintptr_t>(from) % bytes != 0)
        stop("an asynchronous copy that is not aligned");
    std::memset(to, 0xff, bytes);
    addPendingCopy({to, from, bytes});
}

inline void finishCopies() {
    for (Copy copy{}; takePendingCopy(copy);) {
        if (copy.from)
            std::memcpy(copy.to, copy.from, copy.bytes);
        else
            std::memset(copy.to, 0, copy.bytes);
    }
}

} // namespace palimpsest::emulation
