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

// Routed experts, dropless (kernels/torch/experts.h): each row is added the outputs of its chosen experts (SwiGLU of width
// W), each times its weight. Pair p = row * k + choice; P = N k pairs. D and W are multiples of 8, E at most 64.
struct ExpertsCall {
    Format format = Format::Bf16;
    std::int32_t rows = 0, width = 0;     // N, D
    std::int32_t experts = 0, inner = 0;  // E, W
    std::int32_t perToken = 1;            // k
    const void* x = nullptr;              // (N, D) contiguous
    const std::int32_t* chosen = nullptr; // (N, k), 0 … E - 1
    const float* weights = nullptr;       // (N, k)
    const void* inward = nullptr;         // (E, 2W, D) contiguous: gate rows, then up rows
    const void* outward = nullptr;        // (D, W) per expert, `outwardExpert` apart, rows `outwardRow` apart
    std::int64_t outwardExpert = 0, outwardRow = 0;
    void* output = nullptr;           // (N, D) contiguous: added to
    void* hidden = nullptr;           // (P, 2W): gate and up of the pairs by expert; kept for the backward pass
    std::int32_t* dispatch = nullptr; // 2 P + E + 1 numbers, likewise
    void* workspace = nullptr;        // expertsWorkspace() bytes
};

struct ExpertsGradientCall {
    ExpertsCall forward;                  // hidden and dispatch as the forward pass left them; output is not read
    const void* outputGradient = nullptr; // (N, D)
    void* x = nullptr;                    // (N, D), overwritten, as all that follow
    float* weights = nullptr;             // (N, k)
    void* inward = nullptr;               // as inward; null: not wanted
    void* outward = nullptr;              // as outward, same strides; null: not wanted
};

// Bytes both passes work in: f32 (P, D) results of pairs, f32 (P, W), and 16-bit (P, 3W).
constexpr std::int64_t expertsWorkspace(const ExpertsCall& call) {
    return std::int64_t(call.rows) * call.perToken * (4 * call.width + 10 * std::int64_t(call.inner));
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
    Status (*expertsForward)(const ExpertsCall* call, void* stream);
    Status (*expertsBackward)(const ExpertsGradientCall* call, void* stream);
};

} // namespace palimpsest::cuda
