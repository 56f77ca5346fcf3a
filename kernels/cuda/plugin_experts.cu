#include "kernels/cuda/experts_launch.cuh"
#include "kernels/cuda/plugin_parts.cuh"

namespace palimpsest::cuda {

Status expertsForwardOnCard(const ExpertsCall* call, void* stream) {
    return launchExpertsForward(*call, stream);
}

Status expertsBackwardOnCard(const ExpertsGradientCall* call, void* stream) {
    return launchExpertsBackward(*call, stream);
}

} // namespace palimpsest::cuda
