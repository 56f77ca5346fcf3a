// What a model is worth, measured on texts it was not trained on: the suites of `palimpsest-engine evaluate`
// (docs/evaluation.md says what each measures, with how many samples, and how to repeat the tables).
#pragma once

#include "engine/api/messages.h"

#include <filesystem>
#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace palimpsest {

struct EvaluationOptions {
    std::string suite;           // one of evaluationSuites()
    std::string model;           // folder; empty: the installed one
    std::string device = "auto"; // as openEngine() takes them
    std::string dtype = "auto";
    int threads = 0;
    std::filesystem::path
        data;        // a corpus, whose held-out texts are used (engine/data/corpus.h); for wikitext a text, for
                     // blimp a file of {"good", "bad", "set"} lines, for seq2seq pairs (engine/data/pair_corpus.h)
    int samples = 0; // excerpts, or pairs of a set; 0: the suite's own number
    std::vector<double> temperatures{0.8};            // drafts
    std::vector<int> lengths{1024, 2048, 4096, 8192}; // long: tokens of context
    std::vector<int> steps{2, 4, 8, 16, 32};          // seq2seq: passes
    std::vector<double> noise{1};                     // seq2seq: PairSampling::noise
    bool ancestral = false;                           // seq2seq: noise in every step
    std::uint64_t seed = 1;
    std::string personal; // a personal file stacked on what is measured, not on the judge of drafts; empty: none
    double strength = 1;  // of it
};

std::vector<std::string> evaluationSuites();

// Rows are told as they are done (`row` may be empty), so that a long run shows what it has.
using EvaluationSink = std::function<void(const Json& row)>;

// Blocks for minutes. -> {"suite", "model", "model_hash", "seed", "rows": […]}, and what the suite says of itself.
// NotFound without texts, InvalidArgument for an unknown suite or for texts too short for it, Cancelled once `stop` is
// requested.
Result<Json> evaluate(const EvaluationOptions& options, std::stop_token stop, const EvaluationSink& row);

} // namespace palimpsest
