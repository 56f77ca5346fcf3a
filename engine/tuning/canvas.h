// The samples of a tuning: the same prompts and seed each time, drafted as the writer's own drafts are, with the personal
// file as it stands.
#pragma once

#include "engine/api/engine.h"
#include "engine/tuning/tuning_texts.h"
#include "engine/tuning/verbatim.h"

#include <stop_token>

namespace palimpsest {

class Canvas {
public:
    static constexpr int kTokens = 60; // of a sample

    // Without prompts in the request: the beginning of a held-out passage and that of one that is learnt.
    Canvas(const TuningRequest& request, const TuningTexts& texts, EngineOptions engine);

    // Blocks while a model is opened and drafts; the memory it takes is free again afterwards. `personal`: empty for the
    // untuned model. Cancelled once `stop` is requested.
    Result<std::vector<TuningSample>> draw(const std::string& personal, std::stop_token stop) const;

private:
    struct Prompt {
        std::string text;
        bool heldOut = false;
    };
    std::vector<Prompt> m_prompts;
    EngineOptions m_engine;
    double m_strength;
    std::uint64_t m_seed;
    VerbatimCheck m_check;
};

int longestVerbatim(const std::vector<TuningSample>& samples); // words

} // namespace palimpsest
