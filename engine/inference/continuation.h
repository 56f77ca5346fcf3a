// Writing on: rounds of one block each, diffused by the noised stream and verified by the base (DESIGN.md, section 2).
//
// A round of one candidate: the base's own draw for the block's first position; K noised passes that commit the other
// positions from left to right; one clean pass over the proposal, of which speculative sampling accepts a prefix. A
// refused token's replacement enters the clean stream with a pass of its own before the next round, so that the
// context always holds exactly the committed text and every round begins with the base's own distribution.
// All candidates go through the same passes, batched.
#pragma once

#include "engine/inference/session.h"

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
        std::size_t inContext = 0;    // cells of the lane that the context holds
        torch::Tensor hidden;         // (D) predicts the cell after those
        std::vector<Probabilities> q; // of the block's cells, as proposed
        std::size_t width = 0;        // of the block
    };

    void begin(const Given& given);
    bool catchUp(std::span<Track* const> tracks);
    void openBlocks(std::span<Track* const> tracks);
    bool propose(std::span<Track* const> tracks, int passesLeft);
    void fill(Track& track, const torch::Tensor& logits, std::span<const std::size_t> open, std::size_t commit);
    bool settle(std::span<Track* const> tracks);
    std::size_t acceptedCells(Track& track, const torch::Tensor& logits, bool& refused);
    void closeRound(Track& track, const torch::Tensor& hidden, std::size_t kept, bool refused);
    NoisedBlock noisedBlock(const Track& track) const;
    TokenEdges edges(const Lane& lane, std::size_t cell) const;
    std::int64_t anchor(const Lane& lane, std::size_t cell) const;
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
