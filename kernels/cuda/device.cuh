// The few instructions of a card the kernels use, under names that also exist on the processor: tests include the same
// kernels with tests/kernels/cuda/emulation/device.h before them. Nothing else in kernels/cuda uses PTX or CUDA headers
// directly. Definitions: NVIDIA's PTX manual (mma.sync.m16n8k16, ldmatrix, cp.async, shfl.sync).
//
// Cards before sm_80 have no asynchronous copies and no bf16 products: there the copies are ordinary ones, f16 products are
// two of half the depth, and bf16 is not offered (see plugin.h).
#pragma once

#ifdef __CUDACC__
#include <cstdint>
#include <cuda_fp16.h>
#include <cuda_runtime.h>

#define PALIMPSEST_UNROLL _Pragma("unroll")
#define PALIMPSEST_UNROLL_TWICE _Pragma("unroll 2")

namespace palimpsest::cuda {

#ifdef __CUDA_ARCH__
constexpr int kArch = __CUDA_ARCH__;
#else
constexpr int kArch = 800; // the host's pass over device code; its value is not used
#endif

// All threads of the block have come here, and see what the others wrote before.
__device__ __forceinline__ void barrier() {
    __syncthreads();
}

__device__ __forceinline__ unsigned sharedAddress(const void* shared) {
    return unsigned(__cvta_generic_to_shared(shared));
}

// Begins a copy into shared memory, both sides aligned to the size; unwanted ones write zeros and read nothing.
// The bytes are there for this thread after waitForCopies(), for the others after a barrier that follows it.
__device__ __forceinline__ void copy4(void* shared, const void* global) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
    asm volatile("cp.async.ca.shared.global [%0], [%1], 4;" ::"r"(sharedAddress(shared)), "l"(global) : "memory");
#else
    *static_cast<std::uint32_t*>(shared) = *static_cast<const std::uint32_t*>(global);
#endif
}
__device__ __forceinline__ void copy16(void* shared, const void* global, bool wanted) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(sharedAddress(shared)), "l"(global),
                 "r"(wanted ? 16 : 0)
                 : "memory");
#else
    *static_cast<uint4*>(shared) = wanted ? *static_cast<const uint4*>(global) : uint4{0, 0, 0, 0};
#endif
}
__device__ __forceinline__ void waitForCopies() {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_all;" ::: "memory");
#endif
}

// Four 8 x 8 matrices of 16-bit numbers; lane i points to row i % 8 of matrix i / 8, aligned to 16 bytes.
template<bool kTransposed>
__device__ __forceinline__ void loadMatrices(std::uint32_t (&r)[4], const void* row) {
    if constexpr (kTransposed)
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0,%1,%2,%3}, [%4];"
                     : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                     : "r"(sharedAddress(row))
                     : "memory");
    else
        asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0,%1,%2,%3}, [%4];"
                     : "=r"(r[0]), "=r"(r[1]), "=r"(r[2]), "=r"(r[3])
                     : "r"(sharedAddress(row))
                     : "memory");
}

// sum += A B with A 16 x 16 and B 16 x 8, fragments as in the manual; sums in f32.
__device__ __forceinline__ void multiplyBf16(float (&d)[4], const std::uint32_t (&a)[4], std::uint32_t b0,
                                             std::uint32_t b1) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
                 "{%0,%1,%2,%3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
#endif
}
__device__ __forceinline__ void multiplyF16(float (&d)[4], const std::uint32_t (&a)[4], std::uint32_t b0,
                                            std::uint32_t b1) {
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
                 "{%0,%1,%2,%3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
#else
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[0]), "r"(a[1]), "r"(b0));
    asm volatile("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5}, {%6}, {%0,%1,%2,%3};"
                 : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
                 : "r"(a[2]), "r"(a[3]), "r"(b1));
#endif
}

// The value of the lane whose number differs in these bits; all 32 lanes take part.
__device__ __forceinline__ float exchangeXor(float value, int lanes) {
    return __shfl_xor_sync(0xffffffffu, value, lanes);
}

// Two numbers rounded to nearest even in one register, the first in the lower half.
__device__ __forceinline__ std::uint32_t packBf16(float low, float high) {
    std::uint32_t pair = 0;
#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 800
    asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(pair) : "f"(high), "f"(low));
#endif
    return pair;
}
__device__ __forceinline__ std::uint32_t packF16(float low, float high) {
    return std::uint32_t(__half_as_ushort(__float2half_rn(low))) |
           std::uint32_t(__half_as_ushort(__float2half_rn(high))) << 16;
}
__device__ __forceinline__ float lowBf16(std::uint32_t pair) {
    return __uint_as_float(pair << 16);
}
__device__ __forceinline__ float lowF16(std::uint32_t pair) {
    return __half2float(__ushort_as_half(static_cast<unsigned short>(pair)));
}

// 2 to the power x, a few units in the last place; 0 for very negative x.
__device__ __forceinline__ float exp2Approximate(float x) {
    float result;
    asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(result) : "f"(x));
    return result;
}

// The block's shared memory, given out piece by piece; every thread takes the same pieces in the same order. A launch
// asks for the sum of the pieces, each rounded up to 16 bytes.
class SharedMemory {
public:
    template<class T>
    __device__ __forceinline__ T* take(int count) {
        extern __shared__ __align__(16) unsigned char sharedBytes[];
        T* piece = reinterpret_cast<T*>(sharedBytes + m_taken);
        m_taken += (unsigned(count) * unsigned(sizeof(T)) + 15) / 16 * 16;
        return piece;
    }

private:
    unsigned m_taken = 0;
};

} // namespace palimpsest::cuda

#elif !defined(PALIMPSEST_EMULATED_DEVICE)
#error "Compile with nvcc, or include tests/kernels/cuda/emulation/device.h first"
#endif
