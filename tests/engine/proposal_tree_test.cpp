#include "engine/inference/proposal_tree.h"
#include "tests/support/cases.h"

#include <algorithm>

namespace palimpsest::test {
namespace {

// Of one pass, or of a pass for each cell.
std::vector<CellProposals> proposals(std::size_t cells, bool onePass = true) {
    std::vector<CellProposals> all(cells);
    for (std::size_t cell = 0; cell < cells; ++cell) {
        all[cell].distance = onePass ? cell : 0;
        for (std::size_t rank = 0; rank < kProposals; ++rank)
            all[cell].ids.push_back(std::int64_t(100 * (cell + 1) + rank));
    }
    return all;
}

CASE(aTreeIsMadeOfEachCellsProposalsLikeliestFirst) {
    const ProposalTree tree = proposalTree(1, proposals(7), 24);
    CHECK(tree.ids.size() == 24 && tree.parents.size() == 24 && tree.ids[0] == 1);
    std::vector<std::size_t> depth{0};
    for (std::size_t i = 1; i < tree.ids.size(); ++i) {
        CHECK(tree.parents[i] >= 0 && std::size_t(tree.parents[i]) < i);
        depth.push_back(depth[std::size_t(tree.parents[i])] + 1);
        CHECK(tree.ids[i] / 100 == std::int64_t(depth[i]));
        CHECK(tree.child(tree.parents[i], tree.ids[i]) == std::int32_t(i)) << "no child twice";
        const std::int64_t rank = tree.ids[i] % 100; // the better ones are there before it
        CHECK(rank == 0 || tree.child(tree.parents[i], tree.ids[i] - 1) != ProposalTree::kNone);
    }
    CHECK(std::count(depth.begin(), depth.end(), 2u) > std::count(depth.begin(), depth.end(), 1u));
    CHECK(std::count(depth.begin(), depth.end(), 3u) > 0 && std::count(depth.begin(), depth.end(), 1u) > 1);
    CHECK(tree.child(0, 999) == ProposalTree::kNone && tree.child(0, 200) == ProposalTree::kNone);
}

CASE(cellsProposedOneByOneMakeADeepTree) {
    const ProposalTree tree = proposalTree(1, proposals(7, false), 12);
    std::int32_t at = 0;
    for (std::int64_t cell = 1; cell <= 7; ++cell)
        CHECK((at = tree.child(at, 100 * cell)) != ProposalTree::kNone) << cell;
    CHECK(tree.child(0, 101) != ProposalTree::kNone);
}

CASE(aSmallerTreeIsTheBeginningOfALargerOne) {
    const ProposalTree large = proposalTree(1, proposals(7), 40);
    for (const std::size_t tokens : {1u, 2u, 9u, 39u}) {
        const ProposalTree small = proposalTree(1, proposals(7), tokens);
        CHECK(small.ids.size() == tokens);
        CHECK(std::equal(small.ids.begin(), small.ids.end(), large.ids.begin()));
    }
}

CASE(whatIsCertainIsInEveryWayAndCostsNoRoom) {
    auto further = proposals(4);
    further[1] = {{55}};
    const ProposalTree tree = proposalTree(1, further, 12);
    for (std::size_t i = 1; i < tree.ids.size(); ++i)
        CHECK(tree.ids[i] / 100 != 1 || tree.child(std::int32_t(i), 55) != ProposalTree::kNone);
    const ProposalTree all = proposalTree(1, std::vector<CellProposals>{{{2}}, {{3}}, {{4}}}, 1);
    CHECK(all.ids == std::vector<std::int64_t>({1, 2, 3, 4}));
    CHECK(proposalTree(1, {}, 9).ids.size() == 1);
}

} // namespace
} // namespace palimpsest::test
