// Launching a kernel and asking about the card: CUDA here, fibers in tests/kernels/cuda/emulation/device.h. So the code
// that chooses kernels, grids and shared memory is the same in both, and tested.
#pragma once

#include "kernels/cuda/device.cuh"
#include "kernels/cuda/plugin.h"

namespace palimpsest::cuda {

struct Grid {
    unsigned x = 1, y = 1, z = 1; // at most 2^31 - 1, 65535, 65535
};
constexpr unsigned kMostGridY = 65535;

// What Status::LaunchFailed means, for lastError() of this thread.
void rememberError(const char* what);

#ifdef __CUDACC__

inline Status checked(cudaError_t error) {
    if (error == cudaSuccess) return Status::Ok;
    rememberError(cudaGetErrorString(error));
    return Status::LaunchFailed;
}

// 75, 80, … of the current device; 0 when there is none.
inline int architecture() {
    int device = 0, major = 0, minor = 0;
    if (cudaGetDevice(&device) != cudaSuccess ||
        cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device) != cudaSuccess ||
        cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device) != cudaSuccess)
        return 0;
    return major * 10 + minor;
}

// kThreads threads in each block of the grid.
template<class Call>
Status launchKernel(void (*kernel)(Call), Grid grid, int threads, int sharedBytes, const Call& call, void* stream) {
    if (grid.x == 0 || grid.y == 0 || grid.z == 0) return Status::Ok;
    if (sharedBytes > 48 * 1024) {
        const auto function = reinterpret_cast<const void*>(kernel);
        const Status status =
            checked(cudaFuncSetAttribute(function, cudaFuncAttributeMaxDynamicSharedMemorySize, sharedBytes));
        if (status != Status::Ok) return status;
    }
    kernel<<<dim3(grid.x, grid.y, grid.z), threads, sharedBytes, static_cast<cudaStream_t>(stream)>>>(call);
    return checked(cudaGetLastError());
}

#else

template<class Call>
Status launchKernel(void (*kernel)(Call), Grid grid, int threads, int sharedBytes, const Call& call, void*) {
    return launchOnFibers<Status>(kernel, grid, threads, sharedBytes, call);
}

#endif

// How many stages the kernels were compiled with for this card (attention_keys.cuh).
inline int stagesOnCard() {
    return architecture() >= 80 ? 2 : 1;
}

inline Status refuseOldCard(Format format) {
    const int arch = architecture();
    return arch < 75 || (format == Format::Bf16 && arch < 80) ? Status::OldCard : Status::Ok;
}

inline bool aligned16(const void* pointer) {
    return reinterpret_cast<std::uintptr_t>(pointer) % 16 == 0;
}

} // namespace palimpsest::cuda
