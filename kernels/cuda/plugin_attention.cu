#include "kernels/cuda/attention_launch.cuh"
#include "kernels/cuda/plugin_parts.cuh"

namespace palimpsest::cuda {

Status attentionForwardOnCard(const AttentionCall* call, void* stream) {
    return launchAttentionForward(*call, stream);
}

Status attentionBackwardOnCard(const AttentionGradientCall* call, void* stream) {
    return launchAttentionBackward(*call, stream);
}

} // namespace palimpsest::cuda
