#include "kernels/cpu/attention_backward_tile.h"

const palimpsest::AttentionKernelSet& palimpsest::attentionKernelsScalar() {
    static constexpr AttentionKernelSet kKernels{kernelsNamed<float>("scalar"), kernelsNamed<Bf16>("scalar")};
    return kKernels;
}
