// Fine-tuning on one person's texts: from a request to a personal file (models/personal.h). No Torch in this header.
//
// While it lasts a folder "<out>.run" holds a lock, the last checkpoint and the best personal file so far; a tuning that
// was killed goes on from there when the same is asked for again, another begins anew. Its texts are not stored.
#pragma once

#include "engine/api/tuning.h"

#include <stop_token>

namespace palimpsest {

struct TuningJob {
    TuningRequest request;       // its model must be given
    std::string device = "auto"; // of samples; what is learnt runs on the CPU
    int threads = 1;             // >= 1
};

// Blocks until the steps are done, or `stop` is requested: then the best so far is kept, if it beats the untuned model.
// `stop` is checked after every step. What goes wrong is in the ending: InvalidArgument for texts that cannot be learnt
// from, NotFound, Io, Full, Locked, OutOfMemory; what a failure leaves behind can be gone on with.
TuningEnd tune(const TuningJob& job, std::stop_token stop, const TuningSink& sink);

} // namespace palimpsest
