// Which positions of a document are noised, and how far. Torch-free; everything is a function of seed and index.
//
// Levels are stratified: over the blocks of a document, and by the golden ratio over documents. A target of a block at
// level t is locked with probability (1 - t) / 2, exactly absorbed with probability gamma t, else soft at t (DESIGN.md,
// section 2; soft absorbing states, DiffuSeq-v2). A frontier block has a locked prefix and nothing locked behind it: the
// state drafting meets.
#pragma once

#include "engine/training/train_config.h"
#include "models/training_blocks.h"

#include <span>

namespace palimpsest {

// `tokens` of document `index` of a run. Fewer than four tokens: no blocks.
TrainingDocument planDocument(const TrainConfig& config, std::span<const std::uint32_t> tokens, std::uint64_t index);

// The held-out evaluation: blocks of 16 near the end of `tokens`, at levels 1, 0.6 and 0.3, everything at the level; to be
// continued, or (`infill`) one gap with text behind it. The same whatever the config.
constexpr int kEvaluationBlock = 16;
constexpr int kEvaluationTokens = 384;
constexpr float kEvaluationLevels[] = {1.0f, 0.6f, 0.3f};
TrainingDocument planEvaluation(std::span<const std::uint32_t> tokens, bool infill, std::uint64_t index);

// A pair of a source and its target as a document: the target is one gap behind the source, at `blocks_per_document`
// levels; with `heldOut` at the levels above, everything at the level. The source must not be empty.
struct TokenPair {
    std::vector<std::int64_t> source, target; // the target has `target_tokens`
};
TrainingDocument planPair(const TrainConfig& config, const TokenPair& pair, std::uint64_t index, bool heldOut);

} // namespace palimpsest
