#include "engine/commands/train_command.h"

#include "engine/api/messages.h"
#include "engine/commands/stop_signals.h"
#include "engine/inference/devices.h"
#include "engine/training/trainer.h"

#include <cstdio>
#include <unistd.h>

namespace palimpsest {
namespace {

struct TrainFlags {
    CommonFlags common;
    std::string config, corpus, out, model;
    bool resume = false, estimate = false;
    double minutes = 0, cpuMinutes = 0;
    std::int64_t steps = 0;
};

std::string duration(double seconds) {
    char text[32];
    const int whole = int(std::min(seconds, 3.6e6));
    std::snprintf(text, sizeof text, "%d:%02d:%02d", whole / 3600, whole / 60 % 60, whole % 60);
    return text;
}

// One line that is painted over on a terminal; notes stay.
void paint(const TrainProgress& p) {
    if (!p.note.empty()) {
        std::fprintf(stderr, "\r\033[K[%lld] %s\n", static_cast<long long>(p.step), p.note.c_str());
        return;
    }
    std::fprintf(stderr, "\r\033[K%lld/%lld  loss %.3f  %.0f tokens/s  %s left", static_cast<long long>(p.step),
                 static_cast<long long>(p.steps), p.loss, p.tokensPerSecond, duration(p.secondsLeft).c_str());
    std::fflush(stderr);
}

int printed(const std::string& text) {
    return printOut(text + "\n") ? 0 : failed({ErrorCode::Io, "Standard output cannot be written."});
}

int estimated(const TrainJob& job, bool asJson, const std::stop_token& stop) {
    const auto e = estimateTraining(job, stop);
    if (!e) return failed(e.error());
    const Json json = {{"memory_mb", e->memoryMb},
                       {"first_step_seconds", e->firstStepSeconds},
                       {"last_step_seconds", e->lastStepSeconds},
                       {"evaluation_seconds", e->evaluationSeconds},
                       {"total_hours", e->totalHours},
                       {"parameters", e->parameters}};
    if (asJson) return printed(json.dump(2));
    char text[256];
    std::snprintf(text, sizeof text,
                  "%.0f MB; %.2f s a step at first, %.2f s at last, %.1f s an evaluation; %.2f hours for %d steps",
                  e->memoryMb, e->firstStepSeconds, e->lastStepSeconds, e->evaluationSeconds, e->totalHours,
                  job.config.steps);
    return printed(text);
}

int trained(const TrainJob& job, bool asJson, const std::stop_token& stop) {
    const bool terminal = isatty(STDERR_FILENO) == 1;
    const auto outcome = train(job, stop, terminal ? TrainSink(paint) : TrainSink());
    if (terminal) std::fputs("\r\033[K", stderr);
    if (!outcome) return failed(outcome.error());
    const Json json = {{"step", outcome->step},
                       {"steps", job.config.steps},
                       {"finished", outcome->finished},
                       {"seconds_per_step", outcome->secondsPerStep},
                       {"peak_memory_mb", outcome->peakMemoryMb},
                       {"held_out", outcome->heldOut > 0 ? Json(outcome->heldOut) : Json()},
                       {"out", job.out.string()}};
    if (asJson) return printed(json.dump(2));
    const std::string at = std::to_string(outcome->step) + " of " + std::to_string(job.config.steps) + " steps";
    return printed(outcome->finished ? "trained " + at : "stopped after " + at + "; --resume goes on");
}

Result<TrainJob> jobOf(const TrainFlags& flags) {
    TrainJob job;
    auto config = readTrainConfig(flags.config);
    if (!config) return config.error();
    job.config = *std::move(config);
    if (!flags.model.empty()) job.config.base = flags.model;
    if (job.config.base.empty() && !job.config.fromScratch()) job.config.base = installedModels("cpu").defaultModel;
    if (job.config.base.empty() && !job.config.fromScratch())
        return Error{ErrorCode::NotFound, "No model is installed: run installer/build, or give --model."};
    const auto device = chooseDevice(flags.common.device, "auto", flags.common.threads);
    if (!device) return device.error();
    job.cudaIndex = device->cudaIndex;
    job.threads = device->info.threads;
    job.corpus = flags.corpus;
    job.out = flags.out;
    job.resume = flags.resume;
    job.minutes = flags.minutes;
    job.cpuMinutes = flags.cpuMinutes;
    job.steps = flags.steps;
    return job;
}

} // namespace

CommandRun addTrainCommand(CLI::App& app) {
    auto flags = std::make_shared<TrainFlags>();
    CLI::App* command = app.add_subcommand(
        "train", "Train a denoiser, or a model from scratch, on a folder of texts (docs/training.md)");
    command->add_option("--config", flags->config, "What to do: a JSON file; {} is the shipped denoiser's recipe")
        ->required();
    command->add_option("--corpus", flags->corpus, "Folder of .txt files, with or without manifest.tsv; or of pairs")
        ->required();
    command->add_option("--out", flags->out, "Folder of the run")->required();
    command->add_option("--model", flags->model, "Model folder of the base (default: the config's, the installed one)");
    command->add_flag("--resume", flags->resume, "Go on with the run in --out");
    command->add_option("--minutes", flags->minutes, "Stop after this time, with a checkpoint")
        ->check(CLI::Range(0.0, 1e6));
    command->add_option("--cpu-minutes", flags->cpuMinutes, "Stop after so much processor time, with a checkpoint")
        ->check(CLI::Range(0.0, 1e6));
    command->add_option("--steps", flags->steps, "Stop after so many steps of this call, with a checkpoint")
        ->check(CLI::Range(std::int64_t(0), std::int64_t(100'000'000)));
    command->add_flag("--estimate", flags->estimate, "Only say what memory and time it would take");
    addCommonFlags(*command, flags->common);
    return [flags] {
        const StopSignals signals; // before Torch has threads of its own
        const auto job = jobOf(*flags);
        if (!job) return failed(job.error());
        return flags->estimate ? estimated(*job, flags->common.json, signals.token())
                               : trained(*job, flags->common.json, signals.token());
    };
}

} // namespace palimpsest
