// What a CleanContext holds. Internal to models/: a pass appends rows and gathers them.
#pragma once

#include "kernels/torch/sparse_attention.h"
#include "models/backbone.h"
#include "models/clean_context.h"

#include <vector>

namespace palimpsest {

// Layers of one phase keep the same positions; every layer has a buffer of its own with one row per position.
struct CleanContext::Rows {
    SparsePattern pattern;                            // with this context's own globals
    std::vector<std::vector<std::int64_t>> positions; // per phase
    std::vector<torch::Tensor> buffers;               // per layer: (capacity, 2, G, K), keys then values
    std::int64_t length = 0;
    std::int64_t trimmedFor = 0;           // queries before this position may miss rows
    std::int64_t farthest = 0;             // distance from which globals are seen at most
    std::int64_t shift = 0;                // of the globals' keys in the buffers
    std::vector<torch::Tensor> globalKeys; // per layer, while shifted: (globals, G, K) as they were appended

    Rows(const SparsePattern& pattern, int layers, std::int64_t trained,
         const torch::Tensor& noRows); // noRows (0, 2, G, K)

    int phases() const { return int(positions.size()); }
    int phase(int layer) const { return layer % phases(); }
    std::int64_t count(int phase) const { return std::int64_t(positions[std::size_t(phase)].size()); }

    // What attention reads of one layer. Valid until the next change.
    AttentionRows view(int layer) const;

    // Adds positions, none before those there are (else c10::Error): first … first + count - 1 to every phase and makes room for their rows. -> the row of the first
    // one in each phase.
    std::vector<std::int64_t> append(std::int64_t first, std::int64_t count);
    void dropLast(std::int64_t count); // undoes an append

    // Globals are the only keys seen from further away than the pattern reaches, and a base knows no distance it was not
    // trained on. So beyond `farthest` positions their keys are turned on after the text, in steps, and stay within it
    // (as attention sinks are streamed, arXiv 2309.17453). By how far depends on the query's position alone, hence a
    // pass must not cross stretchEnd(its first position).
    std::int64_t stretch() const; // positions of one shift; 0: the pattern is too wide for the base, nothing is shifted
    std::int64_t shiftAt(std::int64_t position) const;
    std::int64_t stretchEnd(std::int64_t position) const;
    void turnGlobals(std::int64_t position, const Backbone& base); // before a pass that begins at `position`

    // Keeps the rows whose position `keep(phase, position)` accepts. -> whether any was dropped
    template<class Keep>
    bool filter(const Keep& keep);
    bool neededFrom(int phase, std::int64_t key, std::int64_t query) const;
};

} // namespace palimpsest
