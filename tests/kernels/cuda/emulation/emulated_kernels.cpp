#include "tests/kernels/cuda/emulation/device.h"

#include "kernels/cuda/attention_launch.cuh"
#include "kernels/cuda/experts_launch.cuh"
#include "tests/kernels/cuda/emulation/emulated_kernels.h"

#include <cstdlib>
#include <new>

namespace palimpsest::cuda {
namespace {

Status copyBytes(void* to, const void* from, std::int64_t bytes) {
    if (bytes > 0) std::memcpy(to, from, std::size_t(bytes));
    return Status::Ok;
}

Status describe(std::int32_t, DeviceInfo* info) {
    *info = {"fibers", architecture(), kSharedBytesOfACard, 0, 0};
    return Status::Ok;
}

} // namespace

void rememberError(const char*) {}

const CudaKernels& emulatedKernels() {
    static const CudaKernels kernels{
        .version = kPluginVersion,
        .lastError = [] { return ""; },
        .deviceCount = []() -> std::int32_t { return 1; },
        .deviceInfo = describe,
        .allocate = [](std::int64_t bytes) { return std::malloc(std::size_t(bytes)); },
        .release = [](void* memory) { std::free(memory); },
        .upload = copyBytes,
        .download = copyBytes,
        .wait = [](void*) { return Status::Ok; },
        .attentionForward = [](const AttentionCall* call,
                               void* stream) { return launchAttentionForward(*call, stream); },
        .attentionBackward = [](const AttentionGradientCall* call,
                                void* stream) { return launchAttentionBackward(*call, stream); },
        .expertsForward = [](const ExpertsCall* call, void* stream) { return launchExpertsForward(*call, stream); },
        .expertsBackward = [](const ExpertsGradientCall* call,
                              void* stream) { return launchExpertsBackward(*call, stream); },
    };
    return kernels;
}

} // namespace palimpsest::cuda
