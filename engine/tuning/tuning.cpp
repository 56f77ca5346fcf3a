#include "engine/tuning/tuning.h"

#include "engine/data/durable_file.h"
#include "engine/data/folder_lock.h"
#include "engine/inference/torch_errors.h"
#include "engine/training/process_memory.h"
#include "engine/tuning/canvas.h"
#include "engine/tuning/tuning_plan.h"
#include "engine/tuning/tuning_run.h"
#include "models/sha256.h"

#include <chrono>
#include <deque>

namespace fs = std::filesystem;

namespace palimpsest {
namespace {

using Clock = std::chrono::steady_clock;

constexpr const char* kBest = "best.safetensors";
constexpr const char* kNow = "now.safetensors"; // for samples
constexpr const char* kState = "state.safetensors";
constexpr std::int64_t kStateSteps = 10; // updates between two checkpoints without samples: lost at most by a kill
constexpr double kLossMemory = 0.9;      // of the running mean that is told

template<class F>
double seconds(const F& run) {
    const auto begin = Clock::now();
    run();
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

// At most, from shapes alone: activations of one document, weights, moments, rows of logits, and the model of the samples.
double boundMb(const ModelConfig& m) {
    const double inner = double(m.heads) * m.headSize, keys = 2.0 * m.keyHeads * m.headSize;
    const double base = double(m.vocabulary) * m.width * (m.tiedHead ? 1 : 2) +
                        double(m.layers) * (m.width * (2 * inner + keys) + 3.0 * m.width * m.feedForward);
    const double perToken = double(m.layers) * (12.0 * m.width + 8 * (inner + keys) + 9.0 * m.feedForward);
    const double logits = 6.0 * 128 * m.vocabulary * 4;
    return 400 + (perToken * TuningRun::kDocumentTokens * 2 + base * 5 + logits) / 1e6;
}

Result<void> checkMemory(const std::string& model) {
    const auto config = readModelConfig(model);
    if (!config) return config.error();
    const double bound = boundMb(*config), available = availableMemoryMb();
    if (available <= 0 || bound < available) return {};
    return Error{ErrorCode::OutOfMemory, "Tuning this model takes up to " + std::to_string(int(bound)) +
                                             " MB of memory, of which " + std::to_string(int(available)) +
                                             " are free: close other programs."};
}

// The place of the personal file; nothing else is overwritten.
Result<void> checkOut(const fs::path& out) {
    std::error_code error;
    if (!fs::exists(out, error)) return {};
    const auto file = SafetensorsFile::open(out);
    if (file && file->metadata("format") == "palimpsest-personal") return {};
    return Error{ErrorCode::InvalidArgument, out.string() + " is there and no personal file: choose another name."};
}

Result<void> makeFolder(const fs::path& folder) {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error) return Error{ErrorCode::Io, "Cannot make the folder " + folder.string() + ": " + error.message() + "."};
    fs::permissions(folder, fs::perms::owner_all, error); // what it holds tells of the texts
    return {};
}

// What must be the same for a checkpoint to be gone on with.
std::string digestOf(const TuningRequest& request, const TuningTexts& texts, const std::string& base) {
    TuningRequest settings = request;
    settings.texts.clear();
    settings.files.clear();
    settings.out.clear();
    return sha256Hex(toJson(settings).dump() + texts.digest + base);
}

class Tuning {
public:
    Tuning(const TuningJob& job, const std::stop_token& stop, const TuningSink& sink)
        : m_job(job), m_stop(stop), m_sink(sink), m_folder(job.request.out + ".run") {}

    ~Tuning() {
        std::error_code error; // nothing that could be gone on with: nothing is left behind
        if (m_lock && !fs::exists(m_folder / kState, error)) fs::remove_all(m_folder, error);
    }

    Result<TuningEnd> go() {
        Result<void> done = prepare();
        if (done) done = begin();
        while (done && !m_stop.stop_requested() && m_journal.step < m_journal.steps) done = step();
        if (done && m_evaluated < m_journal.step) done = evaluate();
        if (!done && done.error().code != ErrorCode::Cancelled) return done.error();
        return conclude();
    }

private:
    TuningCosts costs() const { return {m_journal.stepSeconds, m_journal.evaluationSeconds + m_journal.sampleSeconds}; }
    TuningPlan plan() const { return {m_journal.steps, m_journal.checkpointSteps}; }

    Result<void> prepare() {
        const TuningRequest& request = m_job.request;
        const auto read = readTuningTexts(request);
        if (!read) return read.error();
        auto texts = splitTuningTexts(*read, request.heldOutShare);
        if (!texts) return texts.error();
        m_texts = *std::move(texts);
        if (auto free = checkOut(request.out); !free) return free;
        if (auto fits = checkMemory(request.model); !fits) return fits;
        if (auto made = makeFolder(m_folder); !made) return made;
        auto lock = FolderLock::take(m_folder, "tunes");
        if (!lock) return lock.error();
        m_lock.emplace(*std::move(lock));
        auto run = TuningRun::open(request.model, m_texts, request.seed, m_job.threads);
        if (!run) return run.error();
        m_run = *std::move(run);
        m_canvas.emplace(request, m_texts, EngineOptions{request.model, m_job.device, m_job.threads, "auto"});
        return {};
    }

    // Goes on where an earlier run of the same was left, or measures and begins.
    Result<void> begin() {
        const std::string job = digestOf(m_job.request, m_texts, m_run->base());
        if (auto journal = m_run->readState(m_folder / kState, job)) {
            m_journal = *std::move(journal);
            m_evaluated = m_journal.step; // by the next checkpoint, or the end
            m_verbatim = m_journal.verbatimBefore;
            m_before = m_journal.seconds;
            tellStart();
            return {};
        }
        m_journal.job = job;
        (void)m_run->step(0, 1, false); // what is done once: pages of weights, Torch's own set-up
        m_journal.stepSeconds = seconds([&] { (void)m_run->step(1, 1, false); });
        m_journal.evaluationSeconds = seconds([&] { m_journal.heldOut.before = m_run->evaluate(); });
        m_journal.heldOut.now = m_journal.heldOut.best = m_journal.heldOut.before;
        Result<std::vector<TuningSample>> samples = std::vector<TuningSample>();
        m_journal.sampleSeconds = seconds([&] { samples = m_canvas->draw({}, m_stop); });
        if (!samples) return samples.error();
        m_verbatim = m_journal.verbatimBefore = longestVerbatim(*samples);
        const TuningPlan plan = planTuning(m_job.request.preset, m_job.request.minutes,
                                           double(m_run->tokens()) / double(m_run->tokensPerStep()), costs());
        m_journal.steps = plan.steps;
        m_journal.checkpointSteps = plan.checkpointSteps;
        tellStart();
        tell(*std::move(samples));
        return {};
    }

    Result<void> step() {
        double loss = 0;
        m_seconds.push_back(seconds([&] { loss = m_run->step(m_journal.step, m_journal.steps); }));
        if (m_seconds.size() > 31) m_seconds.pop_front();
        std::vector<double> sorted(m_seconds.begin(), m_seconds.end()); // the median: pauses do not count
        std::nth_element(sorted.begin(), sorted.begin() + std::ptrdiff_t(sorted.size() / 2), sorted.end());
        m_journal.stepSeconds = sorted[sorted.size() / 2];
        m_loss = m_loss > 0 ? kLossMemory * m_loss + (1 - kLossMemory) * loss : loss;
        ++m_journal.step;
        m_journal.seconds = m_before + std::chrono::duration<double>(Clock::now() - m_begin).count();
        if (m_journal.step % m_journal.checkpointSteps == 0 || m_journal.step == m_journal.steps) return checkpoint();
        tell({});
        if (m_journal.step % kStateSteps != 0) return {};
        return m_run->writeState(m_folder / kState, m_journal);
    }

    Result<void> checkpoint() {
        if (auto done = evaluate(); !done) return done;
        if (auto written = m_run->writePersonal(m_folder / kNow, {}); !written) return written;
        auto samples = m_canvas->draw((m_folder / kNow).string(), m_stop);
        if (!samples) return samples.error();
        m_verbatim = longestVerbatim(*samples);
        tell(*std::move(samples));
        return {};
    }

    Result<void> evaluate() {
        HeldOutLoss& loss = m_journal.heldOut;
        loss.now = m_run->evaluate();
        m_evaluated = m_journal.step;
        if (loss.now < loss.best) {
            loss.best = loss.now;
            loss.bestStep = m_journal.step;
            if (auto written = m_run->writePersonal(m_folder / kBest, notes()); !written) return written;
        }
        return m_run->writeState(m_folder / kState, m_journal);
    }

    std::map<std::string, std::string> notes() const {
        return {{"step", std::to_string(m_journal.step)},
                {"words", std::to_string(m_texts.words)},
                {"held_out_before", std::to_string(m_journal.heldOut.before)},
                {"held_out", std::to_string(m_journal.heldOut.now)}};
    }

    void tellStart() const {
        if (!m_sink.started) return;
        m_sink.started({m_journal.step, m_journal.steps, m_journal.stepSeconds,
                        plan().seconds(costs(), m_journal.step) / 60, peakMemoryMb(), m_texts.words,
                        m_texts.heldOutWords, m_texts.duplicateWords});
    }

    bool warns() const { return m_verbatim >= TuningLimits::kVerbatimWarning && m_verbatim > m_journal.verbatimBefore; }

    void tell(std::vector<TuningSample> samples) const {
        if (!m_sink.progress) return;
        TuningProgress p;
        p.step = m_journal.step;
        p.steps = m_journal.steps;
        p.secondsLeft = plan().seconds(costs(), m_journal.step);
        p.loss = m_loss;
        p.tokensPerSecond = double(m_run->tokensPerStep()) / m_journal.stepSeconds;
        p.heldOut = m_journal.heldOut;
        p.samples = std::move(samples);
        p.verbatimWords = m_verbatim;
        p.verbatimBefore = m_journal.verbatimBefore;
        p.verbatimWarning = warns();
        m_sink.progress(p);
    }

    Result<TuningEnd> conclude() {
        TuningEnd end;
        const bool done = m_journal.steps > 0 && m_journal.step >= m_journal.steps;
        end.reason = done ? TuningReason::Finished : TuningReason::Stopped;
        end.step = m_journal.step;
        end.heldOut = m_journal.heldOut;
        end.seconds = m_journal.seconds;
        end.verbatimWords = m_verbatim;
        end.verbatimBefore = m_journal.verbatimBefore;
        end.verbatimWarning = warns();
        end.peakMemoryMb = peakMemoryMb();
        std::error_code error;
        if (m_journal.heldOut.bestStep > 0) {
            const fs::path out = m_job.request.out;
            fs::rename(m_folder / kBest, out, error);
            if (error) return Error{ErrorCode::Io, "Cannot write " + out.string() + ": " + error.message() + "."};
            end.path = out.string();
            if (const fs::path parent = out.parent_path(); !parent.empty())
                if (auto synced = syncFolder(parent); !synced) return synced.error();
        }
        fs::remove_all(m_folder, error);
        return end;
    }

    const TuningJob& m_job;
    const std::stop_token m_stop;
    const TuningSink& m_sink;
    const fs::path m_folder;
    const Clock::time_point m_begin = Clock::now();
    double m_before = 0; // seconds of earlier runs
    TuningTexts m_texts;
    std::optional<FolderLock> m_lock;
    std::unique_ptr<TuningRun> m_run;
    std::optional<Canvas> m_canvas;
    TuningJournal m_journal;
    std::int64_t m_evaluated = 0; // the step of the last evaluation
    std::deque<double> m_seconds; // of the last steps
    double m_loss = 0;
    int m_verbatim = 0;
};

} // namespace

// The one place where what Torch throws while tuning is caught.
TuningEnd tune(const TuningJob& job, std::stop_token stop, const TuningSink& sink) {
    Result<TuningEnd> end = Error{};
    try {
        end = Tuning(job, stop, sink).go();
    } catch (const std::exception& exception) {
        end = errorOf(exception, "cpu");
    }
    if (end) return *std::move(end);
    TuningEnd failed;
    failed.reason = TuningReason::Failed;
    failed.error = end.error();
    return failed;
}

} // namespace palimpsest
