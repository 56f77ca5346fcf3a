#include "kernels/cpu/attention_backward_tile.h"

const palimpsest::AttentionKernelSet& palimpsest::attentionKernelsAvx512Bf16() {
    static constexpr AttentionKernelSet kKernels{kernelsNamed<float>("avx512"), kernelsNamed<Bf16>("avx512bf16")};
    return kKernels;
}
