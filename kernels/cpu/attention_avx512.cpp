#include "kernels/cpu/attention_backward_tile.h"

const palimpsest::AttentionKernelSet& palimpsest::attentionKernelsAvx512() {
    static constexpr AttentionKernelSet kKernels{kernelsNamed<float>("avx512"), kernelsNamed<Bf16>("avx512")};
    return kKernels;
}
