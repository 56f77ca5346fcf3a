// Sparse attention by a table of CUDA kernels (kernels/cuda/plugin.h). Internal to kernels/torch and its tests.
#pragma once

#include "kernels/torch/attention_tensors.h"
#include "kernels/torch/card.h"

#include <optional>

namespace palimpsest {

// Launches, and returns without waiting; the plan of who sees what is laid out by the host, and kept for the other layers
// of the same phase and for the backward pass. Nothing: the kernels do not take the call (a head size other than 32, 64 or
// 128, positions beyond 2^30, bf16 before sm_80); then the definition is to run. Throws c10::Error when CUDA refuses.
std::optional<AttentionResult> attentionForwardOnCard(const Card& card, const AttentionTensors& call);
std::optional<AttentionGradientTensors> attentionBackwardOnCard(const Card& card, const AttentionTensors& call,
                                                                const AttentionSaved& saved, bool rowsWanted);

} // namespace palimpsest
