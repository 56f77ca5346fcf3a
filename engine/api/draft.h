// A draft: what is asked of the engine, what it tells while the text forms, and what it ends with.
//
// Plain values. All text is UTF-8; every offset is in bytes and lies on a character boundary.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace palimpsest {

enum class DraftKind {
    Continue, // write on after `left`; verified by the base unless told otherwise
    Infill,   // write between `left` and `right`
    Rewrite,  // move the words of `text` that are not locked; both sides are seen
};

// Half-open: [begin, end).
struct TextRange {
    std::size_t begin = 0;
    std::size_t end = 0;
    bool operator==(const TextRange&) const = default;
};

struct DraftLimits {
    static constexpr int kTokens = 1024;                // longest draft
    static constexpr int kBlock = 64;                   // positions diffused together
    static constexpr int kSteps = 64;                   // noised passes of one block
    static constexpr int kDrafts = 8;                   // candidates of one request
    static constexpr std::size_t kTextBytes = 4u << 20; // left, right, text, notes: each
};

struct DraftOptions {
    int tokens = 60;          // wished length in tokens, 1 … kTokens; the draft ends at a sentence near it
    int block = 0;            // positions diffused together, 1 … kBlock; 0 = what suits the kind
    int steps = 0;            // K, noised passes a block, 1 … kSteps: the writer's "patience"; 0 = what suits
    bool verify = true;       // Continue: accept only what the base itself would have sampled
    double temperature = 0.8; // 0 (always the likeliest word) … 2
    double topP = 1.0;        // nucleus kept at each position, (0, 1]
    double strength = 0.4;    // Rewrite: share of the open words that should change, 0 … 1
    std::uint64_t seed = 1;   // same request + seed + machine = same draft
    int drafts = 1;           // candidates, each with a seed of its own, ranked; 1 … kDrafts. An infilling makes
                              // at least three, of different lengths, and reports them all
    bool operator==(const DraftOptions&) const = default;
};

struct DraftRequest {
    std::string id; // chosen by the caller, unique among its drafts; 1 … 128 bytes
    DraftKind kind = DraftKind::Continue;
    std::string notes;            // what the model should know: pinned notes; its tokens are global
    std::string left;             // everything before
    std::string right;            // everything after; Continue ignores it
    std::string text;             // Rewrite: the passage itself
    std::vector<TextRange> locks; // Rewrite: parts of `text` that stay to the letter; sorted, disjoint
    DraftOptions options;
};

enum class PositionState : std::uint8_t {
    Absorbed,  // nothing is known here yet
    Moving,    // predicted, may still change
    Committed, // decided by the sampler
    Locked,    // decided by the writer
};

// One position of a draft. The texts of a step's tokens, joined, are the draft as it stands: valid UTF-8 (where a
// character takes several tokens, its last one carries it and the others are empty).
struct StepToken {
    std::string text;
    float confidence = 0;                          // probability the model gives the token, 0 … 1
    PositionState state = PositionState::Absorbed; // Absorbed: text is empty
    bool operator==(const StepToken&) const = default;
};

// One model pass as the writer sees it.
struct DraftStep {
    std::string draft;             // DraftRequest::id
    int candidate = 0;             // 0 … candidates-1
    int index = 0;                 // counts up from 0 per candidate, without gaps in a trace
    int expected = 0;              // passes expected in all, an estimate; 0 = unknown
    int round = 0;                 // block being worked on, from 0
    std::vector<StepToken> tokens; // the whole draft so far
    bool operator==(const DraftStep&) const = default;
};

struct DraftCandidate {
    int index = 0; // DraftStep::candidate of its steps
    std::string text;
    std::vector<StepToken> tokens;
    std::uint64_t seed = 0;
    double agreement = 1;        // mean word overlap with the other candidates, 0 … 1; 1 when alone
    double joinCrossEntropy = 0; // nats per token of what follows, under the base; 0 when nothing follows
    bool operator==(const DraftCandidate&) const = default;
};

struct DraftStatistics {
    int tokens = 0; // in the first candidate
    int steps = 0;  // model passes of both streams, all candidates (a batched pass counts once)
    int rounds = 0; // blocks proposed
    double seconds = 0;
    double tokensPerStep = 0;
    double tokensPerRound = 0;
    double firstStepMs = 0; // from the request to the first step shown, encoding of the context included
    double peakRssMb = 0;   // of the engine process
    std::string device;     // "cpu", "cuda:0"
    std::string why;        // why that device, one sentence
    std::string model;      // its name
    std::string modelHash;  // digest of base and denoiser, for provenance
};

enum class DraftOutcome { Done, Stopped, Failed };

// Reported exactly once for every draft that started. A stopped draft keeps what it had.
struct DraftEnd {
    std::string draft;
    DraftOutcome outcome = DraftOutcome::Done;
    std::string message;                    // Failed: one sentence; else empty
    std::vector<DraftCandidate> candidates; // best first; may be empty when stopped early or failed
    DraftStatistics statistics;
};

// What a draft would see: tokens after tokenization, and what had to be left out.
struct ContextPreview {
    int notes = 0, before = 0, after = 0;                      // tokens seen
    int droppedNotes = 0, droppedBefore = 0, droppedAfter = 0; // tokens too far away or too many
    int limit = 0;                                             // tokens that would fit in all
};

} // namespace palimpsest
