// Which words of a block are put before the base: those that are likeliest to be its own, several for a position, as a
// tree, so that one refusal does not end the round (SpecInfer, arXiv 2305.09781). Torch-free.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace palimpsest {

// Of each cell so many words are considered.
constexpr std::size_t kProposals = 12;

// What a cell may hold.
struct CellProposals {
    std::vector<std::int64_t> ids; // likeliest first, at least one; one alone is certain (the writer's lock)
    std::size_t distance = 0; // open cells between it and the nearest word before it that was known to the proposer
};

struct ProposalTree {
    std::vector<std::int64_t> ids;     // the first is the root: the block's first cell
    std::vector<std::int32_t> parents; // of each: an earlier index; kNone: the root's

    static constexpr std::int32_t kNone = -1;
    std::int32_t child(std::int32_t of, std::int64_t id) const; // kNone: it has no such child
};

// `further`: the cells behind the first. The tree of that many tokens, or fewer, down which the base is likely to come
// furthest; where it would end before a certain token, that is in it, too.
ProposalTree proposalTree(std::int64_t root, std::span<const CellProposals> further, std::size_t tokens);

} // namespace palimpsest
