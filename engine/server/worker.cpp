#include "engine/server/worker.h"

#include <algorithm>
#include <utility>

namespace palimpsest {
namespace {

Error noSuchDraft(const std::string& id) {
    return {ErrorCode::NotFound, "No draft \"" + id + "\" runs or waits."};
}

DraftEnd endedWithout(const std::string& id, DraftOutcome outcome, const std::string& message) {
    DraftEnd end;
    end.draft = id;
    end.outcome = outcome;
    end.message = message;
    return end;
}

} // namespace

Worker::Worker(EngineFactory open, EngineOptions options, Outbox& outbox, std::function<void(bool)> busy)
    : m_open(std::move(open)),
      m_outbox(outbox),
      m_busy(std::move(busy)),
      m_options(std::move(options)),
      m_thread([this] { run(); }) {}

Worker::~Worker() {
    {
        const std::lock_guard guard(m_mutex);
        m_closing = true;
        m_preparation.request_stop();
        m_reading.request_stop();
        for (auto& [id, stop] : m_drafts) stop.request_stop();
    }
    m_changed.notify_all();
    m_thread.join();
}

Result<void> Worker::enqueue(Job job) {
    const std::lock_guard guard(m_mutex);
    if (m_jobs.size() >= kWaiting)
        return Error{ErrorCode::Full, "Too many drafts are waiting: let some of them end, or stop them."};
    if (!job.draft.empty() && !m_drafts.emplace(job.draft, std::stop_source()).second)
        return Error{ErrorCode::InvalidArgument, "A draft \"" + job.draft + "\" runs or waits already."};
    m_jobs.push_back(std::move(job));
    m_preparation.request_stop();
    m_changed.notify_all();
    return {};
}

Result<void> Worker::enqueueDraft(const std::string& id, Draft draft) {
    return enqueue({id, [this, id, draft = std::move(draft)] { runDraft(id, draft); }});
}

Result<void> Worker::start(DraftRequest request) {
    const std::string id = request.id;
    return enqueueDraft(id, [request = std::move(request)](Engine& engine, std::stop_token stop, const StepSink& sink) {
        return engine.draft(request, std::move(stop), sink);
    });
}

Result<void> Worker::branch(DraftBranch branch) {
    const std::string id = branch.id;
    return enqueueDraft(id, [branch = std::move(branch)](Engine& engine, std::stop_token stop, const StepSink& sink) {
        return engine.branch(branch, std::move(stop), sink);
    });
}

Result<void> Worker::stop(const std::string& draft) {
    const std::lock_guard guard(m_mutex);
    const auto found = m_drafts.find(draft);
    if (found == m_drafts.end()) return noSuchDraft(draft);
    found->second.request_stop();
    return {};
}

Result<void> Worker::lock(const DraftLock& lock) {
    const std::lock_guard guard(m_mutex);
    if (!m_drafts.contains(lock.draft)) return noSuchDraft(lock.draft);
    if (m_engine) m_engine->setLock(lock);
    return {};
}

Result<void> Worker::load(EngineOptions options) {
    return enqueue({{}, [this, options = std::move(options)] {
                        {
                            const std::lock_guard guard(m_mutex);
                            m_options = options;
                        }
                        setEngine(nullptr, {}); // two models at once may not fit
                        (void)loadedEngine();   // its failure was told by model/state
                    }});
}

Result<void> Worker::unload() {
    return enqueue({{}, [this] {
                        setEngine(nullptr, {});
                        m_outbox.send(rpcNotification(method::kModelState, toJson(state())));
                    }});
}

Result<ContextPreview> Worker::preview(const DraftRequest& request) {
    std::shared_ptr<Engine> engine;
    {
        const std::lock_guard guard(m_mutex);
        engine = m_engine;
    }
    if (!engine) return Error{ErrorCode::NotFound, "No model is loaded yet: load one first."};
    return engine->previewContext(request);
}

void Worker::prepare(DraftRequest request) {
    {
        const std::lock_guard guard(m_mutex);
        m_preparation.request_stop();
        m_preparation = {};
        m_toPrepare = std::move(request);
    }
    m_changed.notify_all();
}

Result<void> Worker::surprise(SurpriseRequest request, std::function<void(const Result<Surprise>&)> done) {
    return enqueue({{}, [this, request = std::move(request), done = std::move(done)] {
                        const Result<std::shared_ptr<Engine>> engine = loadedEngine();
                        if (!engine) return done(engine.error());
                        const Result<Surprise> surprise = (*engine)->surprise(request, m_reading.get_token());
                        if (!surprise && surprise.error().code == ErrorCode::Device) fail(surprise.error().message);
                        done(surprise);
                    }});
}

ModelState Worker::state() const {
    const std::lock_guard guard(m_mutex);
    return m_state;
}

void Worker::setEngine(std::shared_ptr<Engine> engine, ModelState state) {
    const std::lock_guard guard(m_mutex);
    m_engine.swap(engine);
    m_state = std::move(state);
}

// This engine is unusable; the next draft opens another.
void Worker::fail(const std::string& why) {
    setEngine(nullptr, {ModelState::Kind::Failed, why, {}, {}});
    m_outbox.send(rpcNotification(method::kModelState, toJson(state())));
}

Result<std::shared_ptr<Engine>> Worker::loadedEngine() {
    EngineOptions options;
    {
        const std::lock_guard guard(m_mutex);
        if (m_engine) return m_engine;
        options = m_options;
    }
    ModelState state;
    state.kind = ModelState::Kind::Loading;
    state.model.path = options.model;
    const auto tell = [&](std::shared_ptr<Engine> engine) {
        setEngine(std::move(engine), state);
        m_outbox.send(rpcNotification(method::kModelState, toJson(state)));
    };
    tell(nullptr);
    Result<std::unique_ptr<Engine>> opened = m_open(options);
    if (!opened) {
        state.kind = ModelState::Kind::Failed;
        state.message = opened.error().message;
        tell(nullptr);
        return opened.error();
    }
    const std::shared_ptr<Engine> engine = std::move(*opened);
    state.kind = ModelState::Kind::Ready;
    state.model = engine->model();
    state.device = engine->device();
    tell(engine);
    m_outbox.send(rpcNotification(
        method::kLog,
        {{"level", "info"}, {"message", state.model.name + " on " + state.device.device + ". " + state.device.why}}));
    return engine;
}

void Worker::run() {
    for (;;) {
        Job job;
        {
            std::unique_lock lock(m_mutex);
            m_changed.wait(lock, [&] { return m_closing || !m_jobs.empty() || m_toPrepare; });
            if (m_jobs.empty() && m_closing) return;
            if (m_jobs.empty()) {
                job.run = [this, engine = m_engine, request = *std::exchange(m_toPrepare, {}),
                           stop = m_preparation.get_token()] { runPreparation(engine, request, stop); };
            } else {
                job = std::move(m_jobs.front());
                m_jobs.pop_front();
                m_toPrepare.reset(); // the writer wants something else now
                if (m_closing && job.draft.empty()) continue;
            }
        }
        if (m_busy) m_busy(true);
        job.run();
        if (m_busy) m_busy(false);
    }
}

void Worker::runPreparation(std::shared_ptr<Engine> engine, const DraftRequest& request, std::stop_token stop) {
    if (!engine) return;
    const Result<void> prepared = engine->prepare(request, std::move(stop));
    if (prepared || prepared.error().code == ErrorCode::Cancelled) return;
    // A draft of the same would tell the writer; here nobody waits.
    m_outbox.send(rpcNotification(method::kLog, {{"level", "warning"}, {"message", prepared.error().message}}));
    if (prepared.error().code == ErrorCode::Device) fail(prepared.error().message);
}

void Worker::runDraft(const std::string& id, const Draft& draft) {
    std::stop_token stop;
    {
        const std::lock_guard guard(m_mutex);
        stop = m_drafts.at(id).get_token();
    }
    DraftEnd end = endedWithout(id, DraftOutcome::Stopped, {});
    if (!stop.stop_requested()) { // else stopped while it waited
        Result<std::shared_ptr<Engine>> engine = loadedEngine();
        Result<DraftEnd> result = engine ? draft(**engine, stop, [this](const DraftStep& step) { m_outbox.step(step); })
                                         : Result<DraftEnd>(engine.error());
        if (result) {
            end = std::move(*result);
        } else {
            end = endedWithout(id, DraftOutcome::Failed, result.error().message);
            if (result.error().code == ErrorCode::Device) fail(result.error().message);
        }
    }
    {
        const std::lock_guard guard(m_mutex);
        m_drafts.erase(id); // before its ending: the peer may use the id again as soon as it reads that
    }
    m_outbox.ended(end);
}

} // namespace palimpsest
