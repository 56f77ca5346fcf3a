// Writing on: rounds of one block each, diffused by the noised stream and verified by the base (DESIGN.md, section 2).
//
// A round of one candidate: a clean pass over what the last round gave; the base's own draw for the block's first
// position; K noised passes: each but the last proposes the next position, the last one a tree of words for the
// others, every word knowing those before it on its way (open_rows.h, proposal_tree.h); one pass of the clean stream
// over the tree. Down it the base draws word after word, with noise that belongs to the position (PositionNoise),
// until it draws one that nobody proposed. So the text is the base's own sample, word for word what it would write
// alone with that seed, and proposals only say how fast.
// Unverified, each round keeps its proposals as they are.
// All candidates go through the same passes, batched.
#pragma once

#include "engine/inference/open_rows.h"
#include "engine/inference/proposal_tree.h"
#include "engine/inference/session.h"

#include <optional>

namespace palimpsest {

class Continuation {
public:
    // `context` holds session.prompt().left; `lastHidden` (D) predicts the first token of the draft.
    Continuation(DraftSession& session, const CleanContext& context, const torch::Tensor& lastHidden);

    // What is decided already when a draft branches off. Before run().
    struct Given {
        std::vector<std::int64_t> tokens;
        std::vector<char> pinned;
        std::vector<std::int64_t> ahead;
    };

    // Blocks. False: stopped before the end.
    bool run(const Given& given);

    std::vector<Lane> takeLanes();
    int rounds() const { return m_rounds; }

private:
    struct Track { // a lane in the model
        Lane lane;
        CleanContext context;
        std::size_t inContext = 0; // cells of the lane that the context holds
        torch::Tensor hidden;      // (D) predicts the cell after those
        std::size_t width = 0;     // of the block
        // Of the block's cells that an earlier pass proposed: who came first.
        std::vector<std::vector<PositionNoise::Arrival>> races;
        std::optional<ProposalTree> tree; // once the last pass was made
    };

    struct Followed {
        std::size_t cells = 0; // of the block that are text now; the last may be the base's own, which nobody proposed
        std::int32_t last = 0; // the proposal that the base came to
    };

    void begin(const Given& given);
    bool catchUp(std::span<Track* const> tracks);
    void openBlocks(std::span<Track* const> tracks);
    bool propose(std::span<Track* const> tracks, int passesLeft);
    std::size_t decidedBy(std::size_t open, int passesLeft) const;
    void fill(Track& track, const OpenRows& rows, std::span<const std::size_t> open, std::size_t commit);
    void growTree(Track& track, const OpenRows* rows, std::span<const std::size_t> open);
    void foretell(Track& track, ProposalTree& tree, const OpenRows& rows, std::span<const std::size_t> open,
                  std::size_t i) const;
    bool verify(std::span<Track* const> tracks);
    Followed follow(Track& track, const torch::Tensor& hidden);
    void closeRound(Track& track, std::size_t kept);
    std::int64_t draw(const Probabilities& p, Lane& lane, std::size_t cell) const;
    NoisedBlock noisedBlock(const Track& track) const;
    TokenEdges edges(const Lane& lane, std::size_t cell) const;
    int expectedPasses(const Lane& lane, int inThisRound) const;
    std::size_t shownCells(const Lane& lane) const;

    DraftSession& m_session;
    std::size_t m_block;
    int m_steps;
    std::size_t m_longest;
    int m_rounds = 0;
    std::vector<std::unique_ptr<Track>> m_tracks;
};

} // namespace palimpsest
