#include "engine/inference/devices.h"

#include "kernels/cpu/instruction_set.h"
#include "kernels/torch/card.h"
#include "kernels/torch/kernel_choice.h"

#include <algorithm>
#include <charconv>
#include <dlfcn.h>
#include <filesystem>
#include <fstream>
#include <sched.h>
#include <thread>
#include <torch/torch.h>

namespace palimpsest {
namespace {

double systemMemoryGb() {
    std::ifstream file("/proc/meminfo");
    std::string name;
    double kib = 0;
    for (std::string rest; file >> name >> kib; std::getline(file, rest))
        if (name == "MemTotal:") return kib / (1024.0 * 1024.0);
    return 0;
}

// The folder LibTorch was loaded from: its CUDA part lies beside it.
std::filesystem::path torchFolder() {
    Dl_info info{};
    if (dladdr(reinterpret_cast<const void*>(&at::init_num_threads), &info) == 0 || !info.dli_fname) return {};
    return std::filesystem::path(info.dli_fname).parent_path();
}

// Why there is no CUDA device `index`; empty when there is one, ready for use.
std::string cudaProblem(int index) {
    // Never closed: the driver and LibTorch cannot be unloaded.
    if (!dlopen("libcuda.so.1", RTLD_NOW | RTLD_GLOBAL)) return "no NVIDIA driver was found";
    const std::filesystem::path library = torchFolder() / "libtorch_cuda.so";
    std::error_code error;
    if (!std::filesystem::exists(library, error)) return "LibTorch here has no CUDA part";
    if (!dlopen(library.c_str(), RTLD_NOW | RTLD_GLOBAL)) return "the CUDA libraries of LibTorch do not load";
    try {
        if (!torch::cuda::is_available()) return "the NVIDIA driver reports no usable GPU";
        if (index >= int(torch::cuda::device_count())) return "there is no GPU number " + std::to_string(index);
        // The first allocation creates the context: the step at which a GPU that is listed may still fail.
        const torch::Tensor probe = torch::ones({8}, torch::Device(torch::kCUDA, torch::DeviceIndex(index)));
        if (probe.sum().item<float>() != 8.0f) return "the GPU computes wrong sums";
    } catch (const std::exception&) {
        return "the GPU does not answer";
    }
    return {};
}

DeviceChoice onCpu(const std::string& why, const std::string& dtype) {
    DeviceChoice choice;
    // Without AVX2 the packed products were never measured: LibTorch's own f32 there.
    const bool vectors = instructions().has(InstructionSet::Avx2);
    if (dtype == "int8" || (dtype == "auto" && vectors)) choice.products = WeightType::Int8;
    if (dtype == "bfloat16") choice.products = WeightType::Bf16;
    choice.info.dtype = !choice.products ? "float32" : *choice.products == WeightType::Int8 ? "int8" : "bfloat16";
    // "torch": LibTorch's own products throughout.
    choice.info.kernels = kernelChoice() == KernelChoice::Reference ? "reference"
                          : choice.products                         ? packedProductKernel(*choice.products)
                                                                    : "torch";
    choice.info.device = "cpu";
    choice.info.why = why;
    choice.info.memoryGb = systemMemoryGb();
    return choice;
}

DeviceChoice onCuda(int index, const std::string& why, const std::string& dtype) {
    DeviceChoice choice;
    choice.cudaIndex = index;
    choice.bfloat16Compute = dtype != "float32"; // int8 is the CPU's: a GPU has arithmetic to spare
    choice.info.dtype = choice.bfloat16Compute ? "bfloat16" : "float32";
    const std::string without = choice.bfloat16Compute ? whyNoCard() : "they take no float32";
    choice.info.kernels = without.empty() ? "cuda" : "torch";
    choice.info.device = "cuda:" + std::to_string(index);
    choice.info.why = why + (without.empty() ? "" : " LibTorch's kernels, not ours: " + without + ".");
    return choice;
}

Error unknownDevice(const std::string& device) {
    return {ErrorCode::InvalidArgument, "Unknown device \"" + device + "\": use auto, cpu or cuda:N."};
}

} // namespace

int usableCores() {
    cpu_set_t set;
    CPU_ZERO(&set);
    if (sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) > 0) return CPU_COUNT(&set);
    return std::max(1, int(std::thread::hardware_concurrency()));
}

Result<DeviceChoice> chooseDevice(const std::string& device, const std::string& dtype, int threads) {
    if (dtype != "auto" && dtype != "float32" && dtype != "bfloat16" && dtype != "int8")
        return Error{ErrorCode::InvalidArgument,
                     "Unknown number type \"" + dtype + "\": use auto, float32, bfloat16 or int8."};
    if (threads < 0 || threads > 1024)
        return Error{ErrorCode::InvalidArgument, "The number of threads must lie within 0 and 1024."};
    int index = 0;
    if (device.starts_with("cuda:")) {
        const char* end = device.data() + device.size();
        const auto parsed = std::from_chars(device.data() + 5, end, index);
        if (parsed.ec != std::errc() || parsed.ptr != end || index < 0 || index > 127) return unknownDevice(device);
    } else if (device != "auto" && device != "cpu" && device != "cuda") {
        return unknownDevice(device);
    }
    DeviceChoice choice;
    if (device == "cpu") {
        choice = onCpu("The CPU was asked for.", dtype);
    } else if (const std::string problem = cudaProblem(index); !problem.empty()) {
        choice = onCpu("The CPU, because " + problem + ".", dtype);
    } else {
        choice = onCuda(index, device == "auto" ? "An NVIDIA GPU answers." : "This GPU was asked for.", dtype);
    }
    choice.info.threads = threads > 0 ? threads : usableCores();
    return choice;
}

} // namespace palimpsest
