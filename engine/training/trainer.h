// `train`: a denoiser under a frozen base, or a whole model from scratch, from a folder of texts or of pairs. No Torch in
// this header.
//
// The folder of a run: config.json, tokens.bin (TokenCache), log.jsonl (TrainLog), state.safetensors (TrainState),
// denoiser.safetensors: the model as of the last checkpoint (models/checkpoint.md); with `ema` its running mean. From
// scratch instead of that: initial/, the model folder it began with, and model/, the one it has become.
#pragma once

#include "engine/base/result.h"
#include "engine/training/train_config.h"

#include <functional>
#include <stop_token>

namespace palimpsest {

struct TrainJob {
    TrainConfig config;           // its `base` must be given
    std::filesystem::path corpus; // a folder of texts (corpus.h)
    std::filesystem::path out;    // the folder of the run; made when missing
    bool resume = false;          // go on with the run that is there
    double minutes = 0;           // stop after this time, with a checkpoint; 0: no limit
    double cpuMinutes = 0;        // the same of the time processors worked for this process
    std::int64_t steps = 0;       // stop after so many steps of this call, likewise; 0: the config's
    int cudaIndex = -1;           // -1: the CPU
    int threads = 1;              // >= 1
};

// After every step, on the caller's thread, in the process of rank 0 only.
struct TrainProgress {
    std::int64_t step = 0, steps = 0; // updates done, of
    double loss = 0;                  // of the last step
    double tokensPerSecond = 0;       // clean tokens and slots of all processes
    double secondsLeft = 0;           // until the schedule's end
    std::string note;                 // one line when there is something to say beside it; else empty
};
using TrainSink = std::function<void(const TrainProgress&)>;

struct TrainOutcome {
    std::int64_t step = 0;
    bool finished = false;     // the whole schedule is done
    double secondsPerStep = 0; // median
    double peakMemoryMb = 0;   // of this process, so far
    double heldOut = 0;        // mean cross-entropy of the last evaluation, nats; 0: none was made
};

// Blocks until done, stopped or failed. `stop` is checked after every step; a stopped run leaves a checkpoint that
// --resume continues to exactly what an unbroken run gives. Takes part in a group of processes as the environment says
// (train_group.h). InvalidArgument, NotFound, Corrupt, Io, Full, OutOfMemory; what a failure leaves behind can be resumed.
Result<TrainOutcome> train(const TrainJob& job, std::stop_token stop, const TrainSink& sink);

struct TrainEstimate {
    double memoryMb = 0;          // at most, of one process
    double firstStepSeconds = 0;  // with the first document length
    double lastStepSeconds = 0;   // with the last one
    double evaluationSeconds = 0; // of one
    double totalHours = 0;        // of the whole schedule
    std::int64_t parameters = 0;  // trained
};

// What train() of this job would take: measured on a step of the first and one of the last document length, nothing
// written but the token cache in `out`. Refuses with OutOfMemory, before it takes any, what the machine's memory
// cannot hold. Blocks for a few steps' time.
Result<TrainEstimate> estimateTraining(const TrainJob& job, std::stop_token stop);

} // namespace palimpsest
