// The plug-in's table: CUDA's own calls for devices and memory; attention and experts in files of their own, so that they
// compile side by side.
#include "kernels/cuda/plugin_parts.cuh"

#include <cstring>
#include <string>

namespace palimpsest::cuda {
namespace {

thread_local std::string t_lastError;

std::int32_t deviceCount() {
    int count = 0;
    return cudaGetDeviceCount(&count) == cudaSuccess ? count : 0;
}

Status deviceInfo(std::int32_t device, DeviceInfo* info) {
    cudaDeviceProp properties;
    if (const Status status = checked(cudaGetDeviceProperties(&properties, device)); status != Status::Ok)
        return status;
    std::size_t free = 0, total = 0;
    int current = 0;
    Status status = checked(cudaGetDevice(&current));
    if (status == Status::Ok) status = checked(cudaSetDevice(device));
    if (status == Status::Ok) status = checked(cudaMemGetInfo(&free, &total));
    if (status == Status::Ok) status = checked(cudaSetDevice(current));
    if (status != Status::Ok) return status;
    *info = {};
    std::memcpy(info->name, properties.name, sizeof info->name - 1); // the card's own field is longer
    info->architecture = properties.major * 10 + properties.minor;
    info->sharedBytes = std::int32_t(properties.sharedMemPerBlockOptin);
    info->memory = std::int64_t(total);
    info->freeMemory = std::int64_t(free);
    return Status::Ok;
}

void* allocate(std::int64_t bytes) {
    void* memory = nullptr;
    return checked(cudaMalloc(&memory, std::size_t(bytes))) == Status::Ok ? memory : nullptr;
}
void release(void* memory) {
    cudaFree(memory);
}
Status upload(void* to, const void* from, std::int64_t bytes) {
    return checked(cudaMemcpy(to, from, std::size_t(bytes), cudaMemcpyHostToDevice));
}
Status download(void* to, const void* from, std::int64_t bytes) {
    return checked(cudaMemcpy(to, from, std::size_t(bytes), cudaMemcpyDeviceToHost));
}
Status wait(void* stream) {
    return checked(cudaStreamSynchronize(static_cast<cudaStream_t>(stream)));
}

} // namespace

void rememberError(const char* what) {
    t_lastError = what;
}

} // namespace palimpsest::cuda

extern "C" __attribute__((visibility("default"))) const palimpsest::cuda::CudaKernels* palimpsestCudaKernels() {
    using namespace palimpsest::cuda;
    static const CudaKernels kernels{
        .version = kPluginVersion,
        .lastError = [] { return t_lastError.c_str(); },
        .deviceCount = deviceCount,
        .deviceInfo = deviceInfo,
        .allocate = allocate,
        .release = release,
        .upload = upload,
        .download = download,
        .wait = wait,
        .attentionForward = attentionForwardOnCard,
        .attentionBackward = attentionBackwardOnCard,
        .expertsForward = expertsForwardOnCard,
        .expertsBackward = expertsBackwardOnCard,
    };
    return &kernels;
}
