#include "engine/training/trainer.h"

#include "engine/data/durable_file.h"
#include "engine/training/process_memory.h"
#include "engine/training/train_run.h"

#include <algorithm>
#include <chrono>
#include <nlohmann/json.hpp>

namespace palimpsest {
namespace {

using Clock = std::chrono::steady_clock;
using Json = nlohmann::ordered_json;

constexpr const char* kConfigFile = "config.json";
constexpr const char* kLogFile = "log.jsonl";

double secondsSince(Clock::time_point begin) {
    return std::chrono::duration<double>(Clock::now() - begin).count();
}

double median(std::vector<double> values) {
    if (values.empty()) return 0;
    const auto middle = values.begin() + std::ptrdiff_t(values.size() / 2);
    std::nth_element(values.begin(), middle, values.end());
    return *middle;
}

// The folder of the run is made, or is that of a run this job continues.
Result<void> prepareFolder(const TrainJob& job) {
    std::error_code error;
    const auto file = job.out / kConfigFile;
    const bool begun = std::filesystem::exists(file, error);
    if (job.resume && !begun)
        return Error{ErrorCode::NotFound, "there is no training run in " + job.out.string() + " to resume"};
    if (!job.resume && begun)
        return Error{ErrorCode::InvalidArgument, "there is a training run in " + job.out.string() +
                                                     " already: --resume it, or give another folder"};
    if (job.resume) {
        const auto before = readTrainConfig(file);
        if (!before) return before.error();
        if (const std::string key = continuationProblem(*before, job.config); !key.empty())
            return Error{ErrorCode::InvalidArgument, "the run in " + job.out.string() + " was begun with another \"" +
                                                         key + "\": give the same config, or another folder"};
    }
    std::filesystem::create_directories(job.out, error);
    if (error) return Error{ErrorCode::Io, "cannot make the folder " + job.out.string() + ": " + error.message()};
    return {};
}

// The loop of one run.
class Training {
public:
    Training(TrainRun& run, const TrainJob& job, const TrainSink& sink) : m_run(run), m_job(job), m_sink(sink) {}

    Result<TrainOutcome> go(const std::stop_token& stop) {
        if (m_run.isFirst()) {
            auto log = TrainLog::open(m_job.out / kLogFile, m_run.state().step);
            if (!log) return log.error();
            m_log.emplace(*std::move(log));
        }
        const std::int64_t first = m_run.state().step, all = m_run.config().steps;
        Result<void> outcome;
        if (first == 0 && evaluates()) outcome = evaluate();
        bool ended = first >= all;
        while (outcome.ok() && !ended) {
            const bool last =
                m_run.state().step + 1 >= all || (m_job.steps > 0 && m_run.state().step + 1 - first >= m_job.steps);
            const bool late = (m_job.minutes > 0 && secondsSince(m_begin) >= m_job.minutes * 60) ||
                              (m_job.cpuMinutes > 0 && processorSeconds() - m_cpuBegin >= m_job.cpuMinutes * 60);
            const auto stepBegin = Clock::now();
            const double cpuBegin = processorSeconds();
            const TrainRun::Step step = m_run.step(stop.stop_requested() || late);
            ended = last || step.stop;
            outcome = told(step, secondsSince(stepBegin), processorSeconds() - cpuBegin);
            const std::int64_t at = m_run.state().step;
            if (outcome.ok() && evaluates() && (at % m_run.config().evaluateSteps == 0 || at >= all))
                outcome = evaluate();
            if (outcome.ok() && (ended || at % m_run.config().checkpointSteps == 0)) outcome = m_run.checkpoint();
        }
        if (!outcome) return outcome.error();
        m_outcome.step = m_run.state().step;
        m_outcome.finished = m_outcome.step >= all;
        m_outcome.secondsPerStep = median(m_seconds);
        m_outcome.peakMemoryMb = peakMemoryMb();
        return m_outcome;
    }

private:
    bool evaluates() const { return m_run.config().evaluateSteps > 0 && m_run.hasHeldOut(); }

    Result<void> told(const TrainRun::Step& step, double seconds, double cpuSeconds) {
        m_seconds.push_back(seconds);
        if (!m_run.isFirst()) return {};
        const double tokens = step.sums.slots() + step.sums.cleanTokens();
        const std::int64_t at = m_run.state().step;
        Json line{{"step", at}};
        line.update(step.sums.toJson());
        line["gradient_norm"] = step.gradientNorm;
        line["learning_rate"] = step.rate;
        line["document_tokens"] = step.documentTokens;
        if (!step.updated) line["skipped"] = true;
        line["seconds"] = seconds;
        line["cpu_seconds"] = cpuSeconds;
        line["tokens_per_second"] = tokens / seconds;
        if (auto added = m_log->add(line); !added) return added;
        const double left = double(m_run.config().steps - at) * median(m_seconds);
        if (m_sink)
            m_sink({at, m_run.config().steps, step.sums.meanLoss(), tokens / seconds, left,
                    step.updated ? "" : "the gradient was not finite: this step was left out"});
        return {};
    }

    Result<void> evaluate() {
        const auto begin = Clock::now();
        const EvaluationTable table = m_run.evaluate();
        m_outcome.heldOut = table.mean();
        if (!m_run.isFirst()) return {};
        Json line{{"step", m_run.state().step}, {"evaluation", table.toJson()}, {"seconds", secondsSince(begin)}};
        if (m_sink) m_sink({m_run.state().step, m_run.config().steps, 0, 0, 0, table.line()});
        return m_log->add(line);
    }

    TrainRun& m_run;
    const TrainJob& m_job;
    const TrainSink& m_sink;
    const Clock::time_point m_begin = Clock::now();
    const double m_cpuBegin = processorSeconds();
    std::optional<TrainLog> m_log; // of rank 0
    std::vector<double> m_seconds; // of each step
    TrainOutcome m_outcome;
};

} // namespace

// The one place where what Torch throws while training is caught.
Result<TrainOutcome> train(const TrainJob& job, std::stop_token stop, const TrainSink& sink) try {
    if (auto prepared = prepareFolder(job); !prepared) return prepared.error();
    const auto note = [&](const std::string& text) {
        if (sink) sink({0, job.config.steps, 0, 0, 0, text});
    };
    auto run = TrainRun::open(job, stop, note);
    if (!run) return run.error();
    if ((*run)->isFirst())
        if (auto written = writeDurably(job.out / kConfigFile, trainConfigText(job.config)); !written)
            return written.error();
    if (auto resumed = (*run)->resume(); !resumed) return resumed.error();
    return Training(**run, job, sink).go(stop);
} catch (const std::bad_alloc&) {
    return Error{ErrorCode::OutOfMemory, "there is not enough memory to train this: see --estimate"};
} catch (const std::exception& e) {
    const std::string what = e.what();
    if (what.find("DefaultCPUAllocator") != std::string::npos || what.find("CUDA out of memory") != std::string::npos)
        return Error{ErrorCode::OutOfMemory, "there is not enough memory to train this: see --estimate"};
    return Error{ErrorCode::Internal, "training failed: " + what.substr(0, what.find('\n'))};
}

} // namespace palimpsest
