// The thread that owns the engine: loads models and runs drafts, one after the other.
//
// All public functions are for the reader thread and must not block (preview() for as long as tokenization takes).
#pragma once

#include "engine/api/engine.h"
#include "engine/server/outbox.h"

#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <stop_token>
#include <thread>

namespace palimpsest {

// How a model is opened: openEngine(), or a test's own engine.
using EngineFactory = std::function<Result<std::unique_ptr<Engine>>(const EngineOptions&)>;

class Worker {
public:
    static constexpr std::size_t kWaiting = 32; // jobs

    // `outbox` must outlive the worker. `options`: of a model that a draft needs before any was asked for.
    // `busy`: told on the worker's thread when the model begins and ends to work; may be empty.
    Worker(EngineFactory open, EngineOptions options, Outbox& outbox, std::function<void(bool)> busy = {});

    // Stops what runs, forgets what waits (each draft still gets its ending), and waits for the thread.
    ~Worker();

    // Full queue: Error Full. An id in use: InvalidArgument. Every draft accepted ends with one draft/ended.
    Result<void> start(DraftRequest request);
    Result<void> branch(DraftBranch branch);
    Result<void> stop(const std::string& draft); // NotFound when it neither runs nor waits
    Result<void> lock(const DraftLock& lock);    // the same
    Result<void> load(EngineOptions options);    // told by model/state
    Result<void> unload();
    Result<ContextPreview> preview(const DraftRequest& request); // NotFound while no model is loaded

    // A hint: once nothing else is to be done and a model is there, reads what `request` would see. The newest wins;
    // any job interrupts it, and what was read is kept.
    void prepare(DraftRequest request);
    ModelState state() const;

    // Calls `done` on the worker's thread, once all that was asked before is done; never when the worker goes first.
    // Full queue: Error Full.
    Result<void> surprise(SurpriseRequest request, std::function<void(const Result<Surprise>&)> done);

private:
    using Draft = std::function<Result<DraftEnd>(Engine&, std::stop_token, const StepSink&)>;
    struct Job {
        std::string draft; // empty: of the model
        std::function<void()> run;
    };

    Result<void> enqueue(Job job);
    Result<void> enqueueDraft(const std::string& id, Draft draft);
    void run();
    void runPreparation(std::shared_ptr<Engine> engine, const DraftRequest& request, std::stop_token stop);
    void runDraft(const std::string& id, const Draft& draft);
    Result<std::shared_ptr<Engine>> loadedEngine();
    void fail(const std::string& why);
    void setEngine(std::shared_ptr<Engine> engine, ModelState state);

    const EngineFactory m_open;
    Outbox& m_outbox;
    const std::function<void(bool)> m_busy;
    mutable std::mutex m_mutex;
    std::condition_variable m_changed;
    EngineOptions m_options;          // guarded by m_mutex, as all below
    std::shared_ptr<Engine> m_engine; // shared with a preview on the reader thread
    ModelState m_state;
    std::deque<Job> m_jobs;
    std::map<std::string, std::stop_source> m_drafts; // waiting and running
    std::optional<DraftRequest> m_toPrepare;
    std::stop_source m_reading;     // of surprise(), stopped at the end only
    std::stop_source m_preparation; // of the one that waits or runs
    bool m_closing = false;
    std::thread m_thread;
};

} // namespace palimpsest
