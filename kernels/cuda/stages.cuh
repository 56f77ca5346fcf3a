// Bringing the next piece of work into shared memory while the present one is worked on.
#pragma once

#include "kernels/cuda/device.cuh"

namespace palimpsest::cuda {

// Asynchronous copies hide behind products only with two stages; without them one stage leaves room for more blocks.
constexpr int kStages = kArch >= 800 ? 2 : 1;

// One or two stages; chosen by value, for an array indexed at run time would lie in slow memory.
template<class Stage>
struct Stages {
    Stage even, odd;

    __device__ __forceinline__ void take(SharedMemory& shared) {
        even.take(shared);
        if (kStages == 2) odd.take(shared);
    }
    __device__ __forceinline__ Stage operator()(int stage) const { return kStages == 2 && stage == 1 ? odd : even; }
};

// Goes through pieces with the copies of the next one under way: copy(piece, stage) begins to bring a piece, use(piece,
// stage) works on one that is there. All threads of the block take part.
template<class Copy, class Use>
__device__ __forceinline__ void throughStages(int pieces, const Copy& copy, const Use& use) {
    if (kStages == 2 && pieces > 0) copy(0, 0);
    for (int piece = 0; piece < pieces; ++piece) {
        const int stage = kStages == 2 ? piece % 2 : 0;
        if (kStages == 1) {
            barrier(); // the piece before is no longer read
            copy(piece, 0);
        }
        waitForCopies();
        barrier(); // the piece is there for all, and the other stage is no longer read
        if (kStages == 2 && piece + 1 < pieces) copy(piece + 1, 1 - stage);
        use(piece, stage);
    }
}

} // namespace palimpsest::cuda
