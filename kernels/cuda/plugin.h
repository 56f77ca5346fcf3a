// The boundary of the CUDA plug-in (a shared library with cudart inside, loaded only where a driver is): a table of
// functions over plain structs and raw pointers into the card's memory. Tests offer the same table on the processor.
//
// Rules for every call: works on the current device; launches in order on `stream` (a cudaStream_t; null is the default
// one) and returns without waiting, except where said; owns nothing that is passed; 16-bit numbers are bf16 or f16 as
// `format` says. Pointers and row strides of 16-bit matrices are multiples of 16 bytes. Nothing is launched unless kOk
// is returned. Threads: any, as in CUDA.
//
// Values are only ever added: a change of a struct or of an order raises kPluginVersion.
#pragma once

#include "kernels/cuda/attention_tiles.h"

#include <cstdint>

namespace palimpsest::cuda {

constexpr std::uint32_t kPluginVersion = 1;
constexpr const char* kPluginEntry = "palimpsestCudaKernels"; // const CudaKernels* palimpsestCudaKernels()

enum class Format : std::int32_t { Bf16 = 0, F16 = 1 };

enum class Status : std::int32_t {
    Ok = 0,
    BadSize,      // a size, stride or alignment the kernels do not take
    OldCard,      // bf16 before sm_80, or a card older than sm_75
    LaunchFailed, // CUDA refused; lastError() says why
};

// Sparse attention: kernels/sparse_attention.h, planned by attention_plan.h.
struct AttentionCall {
    Format format = Format::Bf16;
    std::int32_t headSize = 64;           // K: 32, 64 or 128
    std::int32_t heads = 1, keyHeads = 1; // H, G
    float scale = 1;                      // of the scores
    AttentionPlanSizes sizes;
    const std::int32_t* plan = nullptr; // the plan's words
    const void* queries = nullptr;      // (N, H, K), rows `queryStride` numbers apart
    std::int64_t queryStride = 0;
    const void* keys = nullptr; // (L, G, K), rows `rowStride` apart
    const void* values = nullptr;
    std::int64_t rowStride = 0;
    const void* ownKeys = nullptr; // (N, G, K), rows `ownStride` apart; null when no run has own slots
    const void* ownValues = nullptr;
    std::int64_t ownStride = 0;
    void* output = nullptr;     // (N, H, K) contiguous
    float* logSumExp = nullptr; // (N, H); may be null in the forward pass
};

// Gradients, contiguous. Keys and values are wanted both or not at all (null), and so are the own ones.
struct AttentionGradientCall {
    AttentionCall forward;                // output and logSumExp as the forward pass left them
    const void* outputGradient = nullptr; // (N, H, K)
    void* queries = nullptr;              // (N, H, K)
    void* keys = nullptr;                 // (L, G, K)
    void* values = nullptr;
    void* ownKeys = nullptr; // (N, G, K); written where a run has own slots
    void* ownValues = nullptr;
    float* workspace = nullptr; // attentionWorkspace() numbers
};

// Numbers of f32 the backward pass works in: a product of gradient and output per query, and the sums of cut key tiles.
constexpr std::int64_t attentionWorkspace(const AttentionCall& call) {
    return call.sizes.queries * call.heads +
           std::int64_t(call.sizes.parts) * call.keyHeads * 2 * kTileRows * call.headSize;
}

struct DeviceInfo {
    char name[128];
    std::int32_t architecture;       // 75, 80, … 120
    std::int32_t sharedBytes;        // that a block may ask for
    std::int64_t memory, freeMemory; // bytes
};

struct CudaKernels {
    std::uint32_t version;
    const char* (*lastError)(); // of the calling thread, never null

    // Devices and their memory, for tests and programs without Torch. Copies wait until done.
    std::int32_t (*deviceCount)(); // 0 when there is no driver
    Status (*deviceInfo)(std::int32_t device, DeviceInfo* info);
    void* (*allocate)(std::int64_t bytes); // null when there is no room
    void (*release)(void* memory);
    Status (*upload)(void* to, const void* from, std::int64_t bytes);
    Status (*download)(void* to, const void* from, std::int64_t bytes);
    Status (*wait)(void* stream); // until all work on the stream is done; reports what failed in it

    Status (*attentionForward)(const AttentionCall* call, void* stream);
    Status (*attentionBackward)(const AttentionGradientCall* call, void* stream);
};

} // namespace palimpsest::cuda
