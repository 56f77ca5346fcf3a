// The engine in this process: one model, its context cache, and the drafts it remembers.
#pragma once

#include "engine/api/engine.h"
#include "engine/inference/devices.h"
#include "engine/inference/draft_memory.h"
#include "engine/inference/session.h"
#include "models/context_cache.h"

#include <memory>

namespace palimpsest {

class LocalEngine : public Engine {
public:
    LocalEngine(std::unique_ptr<Model> model, ModelInfo info, DeviceInfo device);

    const ModelInfo& model() const override { return m_info; }
    const DeviceInfo& device() const override { return m_device; }
    Result<DraftEnd> draft(const DraftRequest& request, std::stop_token stop, const StepSink& sink) override;
    Result<DraftEnd> branch(const DraftBranch& branch, std::stop_token stop, const StepSink& sink) override;
    Result<void> prepare(const DraftRequest& request, std::stop_token stop) override;
    Result<Surprise> surprise(const SurpriseRequest& request, std::stop_token stop) override;
    void setLock(const DraftLock& lock) override { m_locks.put(lock); }
    Result<ContextPreview> previewContext(const DraftRequest& request) override;

private:
    struct Written { // what the sampler leaves
        std::vector<Lane> lanes;
        std::vector<double> joins; // of the lanes; empty when nothing follows
        int rounds = 0;
        bool stopped = false;
    };
    Result<DraftEnd> guarded(const DraftRequest& request, const BranchPoint* from, std::stop_token stop,
                             const StepSink& sink);
    Result<void> readContext(const Prompt& prompt, std::stop_token stop);
    Result<DraftEnd> run(const DraftRequest& request, const BranchPoint* from, std::stop_token stop,
                         const StepSink& sink);
    Written write(DraftSession& session, const BranchPoint* from);
    DraftEnd concluded(const DraftRequest& request, const DraftSession& session, Written written);
    DraftCandidate candidate(const DraftSession& session, const Lane& lane) const;

    std::unique_ptr<Model> m_model;
    ModelInfo m_info;
    DeviceInfo m_device;
    Vocabulary m_vocabulary;
    ContextCache m_cache;
    DraftMemory m_memory;
    LockBox m_locks;
};

} // namespace palimpsest
