// Tuning: a model learns how one person writes, from that person's texts. What is asked, what is told meanwhile, and what
// it ends with. Plain values; all text is UTF-8.
#pragma once

#include "engine/api/messages.h"

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace palimpsest {

enum class TuningPreset { Quick, Balanced, Thorough };
inline constexpr std::array<const char*, 3> kTuningPresets{"quick", "balanced", "thorough"};

struct TuningLimits {
    static constexpr std::size_t kTexts = 2048;          // of one request
    static constexpr std::size_t kTextBytes = 16u << 20; // each; a message holds 32 MB in all
    static constexpr std::size_t kAllBytes = 64u << 20;  // together
    static constexpr std::size_t kLeastWords = 2000;     // to learn from, what is held out not counted
    static constexpr std::size_t kCanvas = 4;            // prompts of samples
    static constexpr double kLeastHeldOut = 0.02, kMostHeldOut = 0.5;
    static constexpr int kVerbatimWarning = 10; // words in a row: more than idiom explains
};

struct TuningText {
    std::string name; // for messages: a scene's title, a file
    std::string text;
};

struct TuningRequest {
    std::string model; // folder; empty: the installed one
    std::vector<TuningText> texts;
    std::vector<std::string> files; // paths of more texts
    std::string out;                // the personal file; "<out>.run" holds the run until it has ended
    TuningPreset preset = TuningPreset::Balanced;
    double minutes = 0;              // instead of the preset's length; 0: the preset's; 0 … 10^5
    double heldOutShare = 0.1;       // of the text, whole passages chosen by a hash of their words; 0.02 … 0.5
    double strength = 1;             // of the samples; 0 … 1.5
    std::uint64_t seed = 1;          // of order, beginnings and samples
    std::vector<std::string> canvas; // prompts of samples; empty: two are taken from the texts
};

// What it will take, from steps measured on this machine before the first. Answer of train/start.
struct TuningEstimate {
    std::int64_t step = 0, steps = 0; // done already (an earlier run of the same goes on), of
    double secondsPerStep = 0;
    double minutes = 0; // that are left, evaluations and samples included
    double memoryMb = 0;
    std::int64_t words = 0, heldOutWords = 0; // learnt from; held out
    std::int64_t duplicateWords = 0;          // left out: they stand elsewhere too
};

struct TuningSample {
    std::string prompt, text;
    bool heldOut = false;  // the prompt was never learnt from
    int verbatimWords = 0; // longest run of words that stands in the texts
    std::string verbatim;  // that run
};

struct HeldOutLoss { // cross-entropy of the held-out text, nats per token
    double before = 0, now = 0, best = 0;
    std::int64_t bestStep = 0;
};

struct TuningProgress {
    bool paused = false;
    std::int64_t step = 0, steps = 0;
    double secondsLeft = 0; // of work: pauses do not count
    double loss = 0;        // of the text learnt from, nats per token: running mean
    double tokensPerSecond = 0;
    HeldOutLoss heldOut;
    // At a checkpoint only; the same prompts and seed each time, at step 0 too: the model untuned.
    std::vector<TuningSample> samples;
    int verbatimWords = 0, verbatimBefore = 0; // longest of all samples now, and of the untuned model's
    bool verbatimWarning = false;              // kVerbatimWarning or more, and more than the untuned model's
};

enum class TuningReason { Finished, Stopped, Failed };

// Told exactly once for every tuning whose start was answered.
struct TuningEnd {
    TuningReason reason = TuningReason::Finished;
    Error error;      // Failed: what went wrong, one sentence
    std::string path; // the personal file; empty when nothing better than the untuned model was found
    std::int64_t step = 0;
    HeldOutLoss heldOut; // `now` at the end
    double seconds = 0;  // from start to end, pauses too
    int verbatimWords = 0, verbatimBefore = 0;
    bool verbatimWarning = false;
    double peakMemoryMb = 0;
};

// Called on the thread of tune().
struct TuningSink {
    std::function<void(const TuningEstimate&)> started;
    std::function<void(const TuningProgress&)> progress;
};

Json toJson(const TuningRequest& request);
Json toJson(const TuningEstimate& estimate);
Json toJson(const TuningProgress& progress);
Json toJson(const TuningEnd& end);

Result<TuningRequest> tuningRequestFromJson(const Json& json);
Result<TuningEstimate> tuningEstimateFromJson(const Json& json);
Result<TuningProgress> tuningProgressFromJson(const Json& json);
Result<TuningEnd> tuningEndFromJson(const Json& json);

} // namespace palimpsest
