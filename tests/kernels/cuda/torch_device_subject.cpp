#include "engine/inference/devices.h"
#include "tests/kernels/cuda/torch_subject.h"

namespace palimpsest {

const TorchSubject& torchSubject() {
    static const TorchSubject device = [] {
        const auto choice = chooseDevice("cuda:0", "auto", 0); // loads LibTorch's CUDA part
        TorchSubject subject{{}, "not run on a device: " + (choice ? choice->info.why : choice.error().message)};
        if (!choice || choice->cudaIndex < 0) return subject;
        subject.device = torch::Device(torch::kCUDA, 0);
        subject.card = cardFor(torch::empty({1}, torch::TensorOptions(subject.device).dtype(torch::kFloat16)));
        subject.reason = "not run on a device: " + whyNoCard();
        cuda::DeviceInfo info{};
        subject.bf16 =
            subject.card && subject.card->kernels->deviceInfo(0, &info) == cuda::Status::Ok && info.architecture >= 80;
        return subject;
    }();
    return device;
}

} // namespace palimpsest
