// One tuning in memory: model, documents, optimiser, and its checkpoint. Internal to engine/tuning; what it does may throw
// c10::Error and std::bad_alloc.
//
// The checkpoint, state.safetensors: "values", "first", "second", (P) f32 each, laid out as TrainingParameters; metadata
// "format" = "palimpsest-tuning", "journal" (JSON, TuningJournal). All random numbers are functions of the seed and the
// number of the document: there is no other state.
#pragma once

#include "engine/training/adamw.h"
#include "engine/training/train_state.h"
#include "engine/tuning/tuning_texts.h"
#include "models/tokenizer.h"
#include "models/tuning_model.h"

#include <filesystem>
#include <optional>

namespace palimpsest {

// What a tuning remembers beside its numbers.
struct TuningJournal {
    std::string job; // hex digest of texts, base and settings: only the same goes on
    std::int64_t step = 0, steps = 0, checkpointSteps = 1;
    HeldOutLoss heldOut;
    int verbatimBefore = 0;
    double seconds = 0;                                               // of work
    double stepSeconds = 0, evaluationSeconds = 0, sampleSeconds = 0; // measured, each
};

class TuningRun {
public:
    static constexpr int kDocumentTokens = 512, kDocumentsPerStep = 2;
    static constexpr std::int64_t kEvaluationTokens = 4096; // of the held-out text, at most

    // `model`: a folder. Blocks while weights are mapped and texts encoded.
    static Result<std::unique_ptr<TuningRun>> open(const std::filesystem::path& model, const TuningTexts& texts,
                                                   std::uint64_t seed, int threads);

    // Step number `step` of `steps`: forward, back, update. -> the mean loss, nats per token; `update` false: for
    // measurements only.
    double step(std::int64_t step, std::int64_t steps, bool update = true);
    double evaluate() const; // cross-entropy of the held-out text, nats per token

    std::int64_t tokens() const { return m_tokens; } // to learn from
    std::int64_t tokensPerStep() const;
    const std::string& base() const { return m_model->config().baseDigest; }

    // Atomic. Io, Full: the file is as it was.
    Result<void> writePersonal(const std::filesystem::path& file, std::map<std::string, std::string> notes);
    Result<void> writeState(const std::filesystem::path& file, const TuningJournal& journal);
    // Nothing when there is no checkpoint of this job; then nothing has changed.
    std::optional<TuningJournal> readState(const std::filesystem::path& file, const std::string& job);

private:
    TuningRun(std::unique_ptr<TuningModel> model, std::uint64_t seed);
    std::span<const std::int64_t> document(std::uint64_t index) const;
    TrainBuffers buffers(); // of the checkpoint

    std::unique_ptr<TuningModel> m_model;
    AdamW m_optimiser;
    TrainConfig m_config; // of the optimiser and its schedule
    std::uint64_t m_seed;
    std::size_t m_documentTokens = kDocumentTokens;             // fewer where the base was trained on fewer
    std::vector<std::vector<std::int64_t>> m_learnt, m_heldOut; // two tokens or more each
    std::int64_t m_tokens = 0;
};

} // namespace palimpsest
