// One candidate while it forms: its positions, its random numbers, and the passes it has been through. Torch-free.
#pragma once

#include "engine/api/draft.h"
#include "engine/inference/draft_memory.h"
#include "engine/inference/random.h"
#include "engine/inference/vocabulary.h"

#include <cstdint>
#include <vector>

namespace palimpsest {

struct Cell {
    static constexpr std::int64_t kUnknown = -1;
    std::int64_t id = kUnknown;
    float confidence = 0;
    bool pinned = false; // the writer's: never moved, never verified
    bool drawn = false;  // the sampler's proposal in this block; else only what looks likeliest just now
};

struct Lane {
    Lane(int laneIndex, std::uint64_t laneSeed) : index(laneIndex), seed(laneSeed), random(laneSeed) {}

    int index;
    std::uint64_t seed;
    Random random;
    std::vector<Cell> cells;
    std::size_t committed = 0; // cells before this are decided for good
    int round = -1;            // block being worked on
    int steps = 0;             // passes shown so far
    bool ended = false;
    bool broken = false; // the model computed no numbers

    // Open cells of [begin, end): neither pinned nor drawn.
    std::size_t openCells(std::size_t begin, std::size_t end) const;

    PositionState stateOf(std::size_t cell) const;
};

// The first `count` cells as a step shows them, and as memory keeps them.
std::vector<StepToken> stepTokens(const Lane& lane, std::size_t count, const Vocabulary& vocabulary);
RememberedStep rememberedStep(const Lane& lane, std::size_t count);

std::vector<std::string> pieces(const Lane& lane, std::size_t count, const Vocabulary& vocabulary);

} // namespace palimpsest
