// Which words of a block are put before the base: those that are likeliest to be its own, several for a position, as a
// tree, so that one refusal does not end the round (SpecInfer, arXiv 2305.09781). Torch-free.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace palimpsest {

struct ProposalTree {
    std::vector<std::int64_t> ids;     // the first is the root: the block's first cell
    std::vector<std::int32_t> parents; // of each: an earlier index; -1: the root

    static constexpr std::int32_t kNone = -1;
    std::int32_t child(std::int32_t of, std::int64_t id) const; // kNone: it has no such child
};

// `further`: of each further cell of the block the tokens it may hold, likeliest first, at least one; one alone is
// certain (a word the writer locked). At most `tokens` tokens, at least the root, and certain ones where the tree
// would end: so many more.
ProposalTree proposalTree(std::int64_t root, std::span<const std::vector<std::int64_t>> further, std::size_t tokens);

// Of each cell so many are considered.
constexpr std::size_t kProposals = 8;

} // namespace palimpsest
