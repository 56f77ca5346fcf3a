// One training run in memory: model, texts, optimiser, processes. Internal to engine/training/; what it does may throw
// c10::Error and std::bad_alloc.
#pragma once

#include "engine/data/document_order.h"
#include "engine/data/folder_lock.h"
#include "engine/training/adamw.h"
#include "engine/training/evaluation_table.h"
#include "engine/training/scratch_start.h"
#include "engine/training/train_group.h"
#include "engine/training/train_log.h"
#include "engine/training/train_state.h"
#include "engine/training/trainer.h"
#include "models/training_denoiser.h"

#include <optional>

namespace palimpsest {

class TrainRun {
public:
    // Takes the folder of the run for itself (Locked when another run has it), loads the base, opens or builds the token cache, meets the other processes. `note`: lines for a person; may be
    // empty.
    static Result<std::unique_ptr<TrainRun>> open(const TrainJob& job, const std::stop_token& stop,
                                                  const std::function<void(const std::string&)>& note);

    // Takes the run in `out` up where its last checkpoint left it; nothing to do where there is none.
    Result<void> resume();

    struct Step {
        LossSums sums; // of all processes
        double gradientNorm = 0, rate = 0;
        int documentTokens = 0;
        bool updated = true; // false: the gradient was not finite, and the weights stay
        bool stop = false;   // some process wants to
    };
    // One update. `wantsStop`: this process would end after it.
    Step step(bool wantsStop);

    // The work of an update as of step `step`, at a rate of zero: for measurements only.
    void measureStep(std::int64_t step);

    EvaluationTable evaluate();                       // on the running mean where there is one
    EvaluationTable evaluateDocuments(int documents); // of this process
    Result<void> checkpoint();                        // rank 0 writes; the others do nothing

    const TrainConfig& config() const { return m_job.config; }
    const TrainState& state() const { return m_state; }
    bool isFirst() const { return m_group->rank() == 0; }
    bool hasHeldOut() const { return m_pairs ? m_pairs->heldOut() > 0 : m_heldOut->tokens() > 0; }
    std::int64_t parameters() { return m_denoiser->parameters().values().numel(); }

private:
    TrainRun(TrainJob job, std::unique_ptr<TrainGroup> group, std::unique_ptr<TrainingDenoiser> denoiser);
    Result<void> openTexts(const std::stop_token& stop, const std::function<void(const std::string&)>& note);
    Result<void> openPairs();
    TrainBuffers buffers();
    TrainingDocument document(std::uint64_t index, std::size_t length) const;
    LossSums accumulate(std::int64_t step); // this process' documents, forward and back into the gradients
    const torch::Tensor& written() { return m_mean.defined() ? m_mean : m_denoiser->parameters().values(); }
    std::size_t loads() const;

    TrainJob m_job;
    std::unique_ptr<TrainGroup> m_group;
    std::unique_ptr<TrainingDenoiser> m_denoiser;
    std::optional<FolderLock> m_lock; // of rank 0
    std::optional<TokenCache> m_cache;
    std::optional<DocumentOrder> m_texts, m_heldOut;
    std::optional<PairTexts> m_pairs; // instead of the three
    AdamW m_optimiser;
    torch::Tensor m_mean; // (P): undefined without `ema`
    TrainState m_state;
};

} // namespace palimpsest
