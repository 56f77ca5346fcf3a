// What a Model holds. Internal to models/.
#pragma once

#include "models/clean_rows.h"
#include "models/denoiser.h"
#include "models/evidence.h"
#include "models/model.h"

namespace palimpsest {

struct Model::Parts {
    ModelConfig config;
    ModelSummary summary;
    Tokenizer tokenizer;
    Backbone base;
    Denoiser denoiser;
    NoiseSchedule schedule;
    Evidence evidence;
    torch::ScalarType dtype;
    torch::Device device;
    double rowCost;           // Model::rowCost()
    bool bothWays = false;    // the clean stream of a scratch model may see itself both ways
    bool withEvidence = true; // added to the logits: a scratch model may do without
};

} // namespace palimpsest
