// One document of a denoiser's training as plain values: which positions are noised, how far, and what came of it.
// Torch-free.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace palimpsest {

// Targets at positions start … start + levels.size() - 1; the clean token before them is the block's anchor.
struct TrainingBlock {
    std::int64_t start = 0;    // >= 1
    std::vector<float> levels; // per target: 0 locked, 1 exactly absorbed, between: a soft state at that level
};

struct TrainingGap {
    std::int64_t begin = 0, end = 0; // positions
};

// Without gaps (continuation), a block sees the clean positions before it. With gaps (infilling), these positions are
// not in the clean stream, every block fills one gap exactly, and sees clean positions on both sides.
struct TrainingDocument {
    std::vector<std::int64_t> ids; // tokens at positions 0 … L-1
    std::vector<TrainingGap> gaps; // ascending, apart, none at position 0
    std::vector<TrainingBlock> blocks;
    std::uint64_t noiseSeed = 0; // of the noise of its soft states
};

struct TrainingWeights {
    double distillation = 0.7;
    double crossEntropy = 0.3; // infilling documents: distillation + crossEntropy
    double balance = 0.01;     // of the experts' balance loss, per layer
    double positionDecay = 1;  // weight of a target = decay^(targets before it in its block that are not locked)
};

// One noised target: not locked.
struct TargetLoss {
    float level = 0;
    int position = 0;       // in its block, from 0
    int block = 0;          // of the document
    float crossEntropy = 0; // nats
    float divergence = 0;   // of the base's distribution from ours, nats; 0 where it was not asked for
    std::optional<float>
        sequential;       // cross-entropy under the sequential head, where the token before it was not locked
    bool correct = false; // the likeliest token is the target; only known where the base is trained too
};

struct DocumentLoss {
    std::vector<TargetLoss> targets;
    double loss = 0;                         // what was minimised, without the balance loss
    double balance = 0;                      // mean over the layers with experts: 1 is even
    std::vector<std::int64_t> load;          // per layer and expert: choices of that expert
    std::int64_t slots = 0, cleanTokens = 0; // that were run
};

} // namespace palimpsest
