// Writing between two texts: infilling a gap, and rewriting a passage. Both sides are seen, nothing is verified.
//
// A candidate is written block by block. For each block the right side is encoded anew, with the block left out of it,
// behind the text so far; then K noised passes commit its open positions from left to right, each knowing those decided
// before it (open_rows.h). Rewriting starts every open position from the mean of its word's soft state, whose evidence
// pulls towards that word and its neighbours; infilling starts from absorbed states. Sources: DESIGN.md, section 2;
// `between` in the reference implementation.
#pragma once

#include "engine/inference/open_rows.h"
#include "engine/inference/session.h"

#include <memory>

namespace palimpsest {

class Between {
public:
    // `context` holds session.prompt().left.
    Between(DraftSession& session, const CleanContext& context);

    // What is decided already when a draft branches off. Before run(); `length` replaces the wished one.
    struct Given {
        std::size_t length = 0;
        std::vector<std::int64_t> tokens;
        std::vector<char> pinned;
        std::vector<std::int64_t> ahead;
    };

    // Blocks. False: stopped before the end.
    bool run(const Given& given);

    // In the order of joins().
    std::vector<Lane> takeLanes();

    // Cross-entropy of the first tokens of the right side under the base, nats per token; 0 when nothing follows.
    const std::vector<double>& joins() const { return m_joins; }
    int rounds() const { return m_rounds; }

private:
    struct Track { // a lane in the model
        Lane lane;
        CleanContext left;                  // the text so far
        CleanContext around;                // that and the right side of the block in work
        std::vector<std::int64_t> original; // Rewrite: the passage; else empty
        std::size_t begin = 0, end = 0;     // of the block in work
    };

    void addTrack(const CleanContext& context, int index, std::size_t length, const Given& given);
    void takeGiven(Lane& lane, const Given& given) const;
    std::size_t wishedLength(int index) const;
    bool openBlocks(std::span<Track* const> tracks);
    CleanInput rightOf(Track& track) const;
    bool pass(std::span<Track* const> tracks, int passesLeft);
    NoisedBlock noisedBlock(const Track& track) const;
    void fill(Track& track, const OpenRows& rows, std::span<const std::size_t> open, std::size_t commit);
    bool closeBlocks(std::span<Track* const> tracks);
    void measureJoin(std::size_t index, const torch::Tensor& hidden, const std::vector<std::int64_t>& ids);
    TokenEdges edges(const Track& track, std::size_t cell) const;
    std::vector<std::size_t> openCells(const Track& track) const;

    DraftSession& m_session;
    const CleanContext& m_context;
    std::size_t m_block;
    int m_steps;    // 0: a pass for each open position
    double m_level; // of open positions
    int m_rounds = 0;
    std::vector<std::unique_ptr<Track>> m_tracks;
    std::vector<double> m_joins;
};

} // namespace palimpsest
