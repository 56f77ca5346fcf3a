// Which words of a block are put before the base: those that are likely to be its own, several for a position, as a
// tree, so that one refusal does not end the round (SpecInfer, arXiv 2305.09781). It grows from level to level, each
// way with words of its own behind it (EAGLE-2, arXiv 2406.16858). Torch-free.
#pragma once

#include "engine/inference/sampling.h"

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace palimpsest {

// Of each race so many arrivals are considered.
constexpr std::size_t kProposals = 12;

struct Proposal {
    std::int64_t id = 0;
    double chance = 1;    // that it is the base's own word where all before it are; 1: certain (the writer's lock)
    float confidence = 1; // its probability, as proposed
};

// What a proposer knew of the word before.
enum class Footing {
    Seen,   // the pass saw it
    Told,   // the pass did not know it, but the sequential head was told (models/sequential_head.h)
    Unknown // neither; or it saw another one
};

// The base draws who comes first by its own probabilities and the same noise (PositionNoise). The likelier a proposal,
// the earlier it arrived.
std::vector<Proposal> proposalsOf(std::span<const PositionNoise::Arrival> race, Footing footing);

class ProposalTree {
public:
    static constexpr std::int32_t kNone = -1;

    // A place in the pass over the tree costs `rowCost` of a pass over one token.
    explicit ProposalTree(std::int64_t root, double rowCost = 0);

    const std::vector<std::int64_t>& ids() const { return m_ids; } // the first is the root
    const std::vector<std::int32_t>& parents() const {
        return m_parents;
    } // of each: an earlier index; kNone: the root's
    double chance(std::int32_t token) const { return m_chances[std::size_t(token)]; } // that the base comes there
    float confidence(std::int32_t token) const { return m_confidences[std::size_t(token)]; }
    std::int32_t child(std::int32_t of, std::int64_t id) const; // kNone: it has no such child

    // The tokens farthest from the root: all of them, and the few that are worth asking what may follow them, likeliest
    // first.
    std::vector<std::int32_t> lastLevel() const;
    std::vector<std::int32_t> worthwhile() const;

    // Words behind a token of the last level, as far as they are worth a place. Then, when all of that level have
    // theirs: theirs is the last. False: there are none, the tree is grown.
    void grow(std::int32_t of, std::span<const Proposal> words);
    bool nextLevel();

    // So many at most, the likeliest.
    void keep(std::size_t tokens);

    std::vector<std::int32_t> likeliestWay() const; // from the root down

private:
    std::vector<std::int64_t> m_ids;
    std::vector<std::int32_t> m_parents;
    std::vector<double> m_chances;
    std::vector<float> m_confidences;
    double m_leastChance;                         // of a token that the base comes to less often
    std::size_t m_levelBegin = 0, m_levelEnd = 1; // the last level
};

} // namespace palimpsest
