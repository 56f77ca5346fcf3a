#include "engine/inference/proposal_tree.h"
#include "tests/support/cases.h"

#include <algorithm>
#include <array>

namespace palimpsest::test {
namespace {

std::vector<Proposal> words(std::int64_t first, std::span<const double> chances) {
    std::vector<Proposal> made;
    for (const double chance : chances) made.push_back({first + std::int64_t(made.size()), chance, 0.5f});
    return made;
}

// Grown as far as it is worth it, every way with words of its own: behind word w stand 10 w, 10 w + 1, …
ProposalTree grown(std::span<const double> chances, int levels, double rowCost = 0) {
    ProposalTree tree(1, rowCost);
    for (int level = 0; level < levels; ++level) {
        for (const std::int32_t of : tree.worthwhile()) tree.grow(of, words(10 * tree.ids()[std::size_t(of)], chances));
        if (!tree.nextLevel()) break;
    }
    return tree;
}

constexpr std::array kChances{0.6, 0.2, 0.1, 0.02};

CASE(theEarlierAnArrivalTheLikelierItIsTheBases) {
    const std::vector<PositionNoise::Arrival> race{{7, 0.2, 0.5}, {3, 0.5, 0.01}, {9, 3, 0.2}};
    for (const Footing footing : {Footing::Seen, Footing::Told, Footing::Unknown}) {
        const std::vector<Proposal> made = proposalsOf(race, footing);
        CHECK(made.size() == 3 && made[0].id == 7 && made[1].id == 3 && made[2].confidence == 0.2f);
        double sum = 0;
        for (const Proposal& one : made) sum += one.chance;
        CHECK(made[0].chance > made[1].chance && made[1].chance > made[2].chance && sum <= 1 + 1e-12);
    }
    const auto first = [&](Footing footing) { return proposalsOf(race, footing)[0].chance; };
    CHECK(first(Footing::Seen) > first(Footing::Told) && first(Footing::Told) > first(Footing::Unknown));
    CHECK(proposalsOf(race, Footing::Seen)[0].chance > 0.9);
    CHECK(proposalsOf(std::span(race).first(1), Footing::Seen)[0].chance == 1) << "nobody else can come";
}

CASE(everyWayHasWordsOfItsOwnAndTheUnlikelyEnd) {
    const ProposalTree tree = grown(kChances, 7);
    const auto depthOf = [&](std::int32_t token) {
        std::size_t depth = 0;
        for (; tree.parents()[std::size_t(token)] != ProposalTree::kNone; ++depth)
            token = tree.parents()[std::size_t(token)];
        return depth;
    };
    std::size_t deepest = 0;
    for (std::int32_t i = 1; i < std::int32_t(tree.ids().size()); ++i) {
        const std::int32_t parent = tree.parents()[std::size_t(i)];
        CHECK(parent >= 0 && parent < i);
        CHECK(tree.ids()[std::size_t(i)] / 10 == tree.ids()[std::size_t(parent)]);
        CHECK(tree.child(parent, tree.ids()[std::size_t(i)]) == i) << "no child twice";
        CHECK(tree.chance(i) <= tree.chance(parent) && tree.chance(i) >= 0.03);
        deepest = std::max(deepest, depthOf(i));
    }
    CHECK(tree.child(0, 13) == ProposalTree::kNone) << "not worth a place";
    CHECK(deepest >= 5 && deepest < 7) << deepest << "0.6^6 is not worth it any more";
    CHECK(tree.child(tree.child(0, 11), 110) != ProposalTree::kNone) << "the second best goes on, too";
    const std::vector<std::int32_t> way = tree.likeliestWay();
    CHECK(way.size() == deepest + 1);
    for (std::size_t i = 0, id = 1; i < way.size(); ++i, id *= 10)
        CHECK(tree.ids()[std::size_t(way[i])] == std::int64_t(id));
}

CASE(theDearerARowTheSmallerTheTree) {
    std::size_t before = grown(kChances, 7).ids().size();
    for (const double rowCost : {0.1, 0.3, 1.0}) {
        const ProposalTree tree = grown(kChances, 7, rowCost);
        CHECK(tree.ids().size() < before) << rowCost;
        before = tree.ids().size();
        for (std::int32_t i = 1; i < std::int32_t(before); ++i) CHECK(tree.chance(i) >= rowCost / 2);
    }
    CHECK(before > 1) << "what is likelier than not stays";
    CHECK(grown(kChances, 7, 0.01).ids() == grown(kChances, 7).ids()) << "rows that cost next to nothing";
}

CASE(whatIsWorthwhileIsFewAndLikeliestFirst) {
    ProposalTree tree(1);
    tree.grow(0, words(10, std::array{0.1, 0.25, 0.2, 0.15, 0.04, 0.12}));
    CHECK(tree.nextLevel() && tree.lastLevel().size() == 6);
    const std::vector<std::int32_t> few = tree.worthwhile();
    CHECK(few == std::vector<std::int32_t>({2, 3, 4, 6}));
    CHECK(!tree.nextLevel() && tree.lastLevel().empty() && tree.worthwhile().empty());
}

CASE(whatIsKeptIsATreeOfTheLikeliest) {
    const ProposalTree whole = grown(kChances, 7);
    for (const std::size_t tokens : {std::size_t(1), std::size_t(2), std::size_t(9), whole.ids().size()}) {
        ProposalTree kept = whole;
        kept.keep(tokens);
        CHECK(kept.ids().size() == tokens && kept.ids()[0] == 1 && kept.parents()[0] == ProposalTree::kNone);
        double least = 1;
        for (std::int32_t i = 1; i < std::int32_t(tokens); ++i) {
            const std::int32_t parent = kept.parents()[std::size_t(i)];
            CHECK(parent >= 0 && parent < i && kept.ids()[std::size_t(i)] / 10 == kept.ids()[std::size_t(parent)]);
            least = std::min(least, kept.chance(i));
        }
        std::size_t likelier = 0;
        for (std::int32_t i = 0; i < std::int32_t(whole.ids().size()); ++i) likelier += whole.chance(i) > least;
        CHECK(likelier <= tokens);
    }
}

CASE(whatIsCertainIsInEveryWay) {
    ProposalTree tree(1);
    tree.grow(0, words(10, std::array{0.9, 0.05, 0.04}));
    tree.nextLevel();
    const Proposal lock{55};
    for (const std::int32_t of : tree.lastLevel()) tree.grow(of, std::span(&lock, 1));
    CHECK(tree.nextLevel() && tree.lastLevel().size() == 3);
    for (const std::int32_t first : {1, 2, 3}) {
        const std::int32_t behind = tree.child(first, 55);
        CHECK(behind != ProposalTree::kNone && tree.chance(behind) == tree.chance(first));
    }
}

} // namespace
} // namespace palimpsest::test
