#include "kernels/torch/card.h"

#include "kernels/cuda/load_plugin.h"
#include "kernels/torch/kernel_choice.h"

#include <c10/core/impl/VirtualGuardImpl.h>

namespace palimpsest {
namespace {

const cuda::LoadedPlugin& plugin() {
    static const cuda::LoadedPlugin loaded = cuda::loadPlugin(cuda::standardPluginPaths());
    return loaded;
}

} // namespace

std::optional<Card> cardFor(const torch::Tensor& x) {
    const bool offered = x.is_cuda() && (x.scalar_type() == torch::kBFloat16 || x.scalar_type() == torch::kFloat16);
    if (!offered || kernelChoice() == KernelChoice::Reference || !plugin().kernels) return {};
    // Through the registry of devices: the program is not linked with LibTorch's CUDA part.
    const c10::impl::VirtualGuardImpl device(x.device().type());
    return Card{plugin().kernels, device.getStreamNativeHandle(device.getStream(x.device()))};
}

std::string whyNoCard() {
    return kernelChoice() == KernelChoice::Reference ? "PALIMPSEST_KERNELS=reference" : plugin().reason;
}

bool launched(const Card& card, cuda::Status status, const char* what) {
    TORCH_CHECK(status != cuda::Status::LaunchFailed, what, ": ", card.kernels->lastError());
    return status == cuda::Status::Ok;
}

torch::Tensor alignedRows(const torch::Tensor& x) {
    const auto aligned = [](const torch::Tensor& t) {
        return reinterpret_cast<std::uintptr_t>(t.const_data_ptr()) % 16 == 0 && t.stride(0) % 8 == 0;
    };
    return !x.defined() || x.numel() == 0 || aligned(x) ? x : x.clone(at::MemoryFormat::Contiguous);
}

} // namespace palimpsest
