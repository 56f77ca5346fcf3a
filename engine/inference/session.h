// What every pass of one draft goes through: the stop, the writer's live locks, the trace, the counts.
#pragma once

#include "engine/api/engine.h"
#include "engine/inference/lane.h"
#include "engine/inference/prompt.h"
#include "models/model.h"

#include <chrono>
#include <mutex>
#include <span>

namespace palimpsest {

// Locks on their way from any thread to the draft. Thread-safe; never blocks for longer than a copy.
class LockBox {
public:
    void put(const DraftLock& lock);
    std::vector<DraftLock> take();

private:
    static constexpr std::size_t kWaiting = 4096; // more than a writer can click between two passes
    std::mutex m_mutex;
    std::vector<DraftLock> m_locks; // guarded by m_mutex
};

class DraftSession {
public:
    // All arguments must outlive the session.
    struct Parts {
        const Model& model;
        const Vocabulary& vocabulary;
        const DraftRequest& request;
        const Prompt& prompt;
        const StepSink& sink;
        LockBox& locks;
    };
    // `begin`: when the request came, so that encoding its context counts.
    using Clock = std::chrono::steady_clock;
    DraftSession(const Parts& parts, std::stop_token stop, Clock::time_point begin);

    const Model& model() const { return m_parts.model; }
    const Vocabulary& vocabulary() const { return m_parts.vocabulary; }
    const Prompt& prompt() const { return m_parts.prompt; }
    const DraftOptions& options() const { return m_parts.request.options; }
    DraftKind kind() const { return m_parts.request.kind; }
    std::size_t firstPosition() const { return m_parts.prompt.left.size(); } // of the draft
    std::stop_token stop() const { return m_stop; }

    // Before every pass: takes the live locks and counts the pass. False: stop here.
    bool beginPass(std::span<Lane* const> lanes);

    // Tells the writer of a lane's first `count` cells after a pass, and remembers them.
    // `expectedMore`: passes still to come, an estimate.
    void show(Lane& lane, std::size_t count, int expectedMore);

    // The token `back` (>= 1) places before a lane's cell, in the lane or in the prompt's left side.
    std::int64_t tokenBefore(const Lane& lane, std::size_t cell, std::size_t back = 1) const;

    // Whether the cell begins a line, and so must look like prose where the text around does (TokenEdges::proseFirst).
    bool mustBeginProse(const Lane& lane, std::size_t cell) const;

    // One position's probabilities from a row of logits (V) f32 on the CPU; or of the first tokens of the vocabulary
    // only.
    Probabilities probabilities(const torch::Tensor& row, const TokenEdges& edges) const;

    // Cells that are not decided yet hold the likeliest token of their row, which is to be shown. logits (cells, V)
    // f32.
    void guess(Lane& lane, std::span<const std::size_t> cells, const torch::Tensor& logits) const;

    int passes() const { return m_passes; }
    double firstStepMs() const { return m_firstStepMs; }
    double seconds() const;

    // Fills the statistics that a session knows.
    DraftStatistics statistics() const;

    // For DraftMemory.
    RememberedLane remembered(const Lane& lane) const;

private:
    void applyLock(const DraftLock& lock, Lane& lane) const;

    Parts m_parts;
    std::stop_token m_stop;
    Clock::time_point m_begin;
    std::vector<std::vector<RememberedStep>> m_steps; // per lane index
    int m_passes = 0;
    double m_firstStepMs = 0;
};

} // namespace palimpsest
