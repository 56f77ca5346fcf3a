#include "kernels/cpu/attention_backward_tile.h"

const palimpsest::AttentionKernelSet& palimpsest::attentionKernelsAvx2() {
    static constexpr AttentionKernelSet kKernels{kernelsNamed<float>("avx2"), kernelsNamed<Bf16>("avx2")};
    return kKernels;
}
