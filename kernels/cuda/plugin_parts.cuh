// What the files of the plug-in offer each other.
#pragma once

#include "kernels/cuda/launch.cuh"

namespace palimpsest::cuda {

Status attentionForwardOnCard(const AttentionCall* call, void* stream);
Status attentionBackwardOnCard(const AttentionGradientCall* call, void* stream);
Status expertsForwardOnCard(const ExpertsCall* call, void* stream);
Status expertsBackwardOnCard(const ExpertsGradientCall* call, void* stream);

} // namespace palimpsest::cuda
