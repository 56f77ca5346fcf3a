// What the passes of a TrainingDenoiser hand to each other. Internal to models/.
#pragma once

#include "kernels/torch/sparse_attention.h"
#include "models/training_denoiser.h"

namespace palimpsest {

struct TrainingDenoiser::CleanStream {
    std::vector<torch::Tensor> keys, values; // per layer: (L, G, K), compute type, without gradient
    torch::Tensor positions;                 // (L) int64 on the CPU
    torch::Tensor hidden;                    // (L, D) normed
};

// All slots of a document's blocks, one block after the other: its anchor, then its targets. N of them.
struct TrainingDenoiser::Slots {
    std::vector<AttentionRun> runs;
    torch::Tensor ids;             // (N) int64
    torch::Tensor levels;          // (N)
    torch::Tensor shares, spreads; // (N, 1): of the embedding and of the noise in a state
    torch::Tensor kappa, shrink;   // (N), (N): of the evidence; 0 where there is none
    torch::Tensor noise;           // (N, D)
    torch::Tensor rotation;        // (N, 1, K / 2) complex

    // The targets that count: those with evidence first, then the rest.
    std::vector<TargetLoss> targets; // without their losses
    torch::Tensor targetSlots;       // (M) int64: the slot of a target; the one before it predicts it
    torch::Tensor positions;         // (M) int64: in the document
};

struct TrainingDenoiser::LayerResult {
    torch::Tensor output;  // (N, D)
    torch::Tensor balance; // one value: 1 is even; undefined: no experts
    torch::Tensor load;    // (E) int64: choices of each expert
};

struct TrainingDenoiser::AllLayers {
    torch::Tensor predicting; // (M, D): normed, of the slots that predict the targets
    torch::Tensor balance;    // (): sum over the layers with experts
};

torch::Tensor tensorOf(const std::vector<double>& values, torch::Device device, torch::ScalarType type);
std::vector<double> toDoubles(const torch::Tensor& x);

} // namespace palimpsest
