// Runs CUDA kernels on the processor: every thread of a block is a fiber, and fibers change only where CUDA threads wait
// for each other (barriers and warp instructions). Kernels are included as ordinary C++ through emulation/device.h.
//
// What it finds: wrong results, threads that do not meet at a barrier, warp instructions that not all lanes reach,
// unaligned rows, shared memory beyond what the launch asked for; under ThreadSanitizer races within a block and between
// blocks; under AddressSanitizer overruns of every shared array. What it cannot: weak memory order, bank conflicts, time.
//
// Threads: one launch at a time per program. x86-64 only. A mistake of the kernel ends the program with one line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>

namespace palimpsest::emulation {

struct Index3 {
    unsigned x = 0, y = 0, z = 0;
};

constexpr int kLanes = 32;

// What a lane hands to a warp instruction, and gets from it.
struct Packet {
    alignas(16) unsigned char bytes[64];
};

// One warp instruction: `in` of every lane has arrived, `out` of every lane is to be filled.
struct Exchange {
    Packet in[kLanes], out[kLanes];
};
using WarpInstruction = void (*)(Exchange&);

const Index3& threadIndex();
const Index3& blockIndex();
const Index3& gridSize();

// All threads of the block that have not ended; `site` says where in the source, and all must be at the same one.
void blockBarrier(int site);

// All 32 lanes. Orders no memory: what lanes leave for each other in memory needs a barrier.
Packet warpExchange(const Packet& in, WarpInstruction instruction, int site);

// The block's `order`-th shared array; made by the first thread that asks, filled with 0xff (NaN), never reused by
// another block. All arrays together stay within the bytes of the launch.
void* sharedArray(int order, std::size_t bytes);

// Runs `body` for every thread of every block, and returns when all have ended.
void launch(Index3 grid, unsigned threads, std::size_t sharedBytes, const std::function<void()>& body);

[[noreturn]] void stop(const char* what);

} // namespace palimpsest::emulation
