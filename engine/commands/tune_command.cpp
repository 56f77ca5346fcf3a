#include "engine/commands/tune_command.h"

#include "engine/api/tuning.h"
#include "engine/commands/stop_signals.h"
#include "engine/inference/devices.h"
#include "engine/tuning/tuning.h"

#include <algorithm>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <iterator>
#include <sys/prctl.h>
#include <unistd.h>

namespace fs = std::filesystem;

namespace palimpsest {
namespace {

struct TuneFlags {
    CommonFlags common;
    std::vector<std::string> texts, canvas;
    std::string preset = "balanced", request;
    TuningRequest options;
};

// --- for a person ---

std::string described(const TuningEstimate& e) {
    char text[200];
    std::snprintf(text, sizeof text,
                  "%lld words to learn from, %lld held out; about %.0f minutes for %lld steps of %.1f s; %.0f MB",
                  static_cast<long long>(e.words), static_cast<long long>(e.heldOutWords), std::max(1.0, e.minutes),
                  static_cast<long long>(e.steps - e.step), e.secondsPerStep, e.memoryMb);
    return text;
}

std::string described(const TuningProgress& p) {
    char text[200];
    std::snprintf(text, sizeof text, "%lld/%lld  loss %.3f  held out %.3f, before %.3f  %.0f tokens/s  %d min left",
                  static_cast<long long>(p.step), static_cast<long long>(p.steps), p.loss, p.heldOut.now,
                  p.heldOut.before, p.tokensPerSecond, int(p.secondsLeft / 60 + 0.5));
    return text;
}

std::string described(const TuningEnd& e) {
    char text[300];
    std::snprintf(text, sizeof text,
                  "%s after %lld steps: cross-entropy of held-out text %.3f nats a token, before %.3f (step %lld)\n"
                  "longest run of words that stands in the texts: %d in samples, %d in the untuned model's%s\n",
                  e.reason == TuningReason::Finished ? "tuned" : "stopped", static_cast<long long>(e.step),
                  e.heldOut.best, e.heldOut.before, static_cast<long long>(e.heldOut.bestStep), e.verbatimWords,
                  e.verbatimBefore, e.verbatimWarning ? ": it repeats them, choose a shorter preset" : "");
    return text + (e.path.empty() ? "nothing better than the untuned model was found: no file was written\n"
                                  : "written to " + e.path + "\n");
}

// One line that is painted over; samples stay.
void paint(const TuningProgress& p) {
    std::fputs("\r\033[K", stderr);
    for (const TuningSample& sample : p.samples)
        std::fprintf(stderr, "[%lld] …%s\n", static_cast<long long>(p.step), sample.text.c_str());
    std::fputs(described(p).c_str(), stderr);
    std::fflush(stderr);
}

TuningSink terminalSink() {
    return {[](const TuningEstimate& e) { std::fprintf(stderr, "%s\n", described(e).c_str()); }, paint};
}

// --- for the server: a line of JSON for each event ---

void event(const char* name, Json params) {
    (void)printOut(writeMessage({{"event", name}, {"params", std::move(params)}}) + "\n");
}

TuningSink eventSink() {
    static constexpr std::chrono::milliseconds kApart{200}; // between two that bring no samples
    auto last = std::make_shared<std::chrono::steady_clock::time_point>();
    return {[](const TuningEstimate& e) { event("started", toJson(e)); },
            [last](const TuningProgress& p) {
                const auto now = std::chrono::steady_clock::now();
                if (p.samples.empty() && now - *last < kApart) return;
                *last = now;
                event("progress", toJson(p));
            }};
}

// --- the request ---

// Files as they are; of folders all .txt and .md files below, in order of their names.
Result<std::vector<std::string>> filesOf(const std::vector<std::string>& paths) {
    std::vector<std::string> files;
    for (const std::string& path : paths) {
        std::error_code error;
        if (!fs::is_directory(path, error)) {
            files.push_back(path);
            continue;
        }
        const std::size_t before = files.size();
        for (fs::recursive_directory_iterator at(path, error), end; !error && at != end; at.increment(error))
            if (at->is_regular_file(error) && (at->path().extension() == ".txt" || at->path().extension() == ".md"))
                files.push_back(at->path().string());
        if (files.size() == before)
            return Error{ErrorCode::NotFound, "There are no .txt or .md files in " + path + "."};
        std::sort(files.begin() + std::ptrdiff_t(before), files.end());
    }
    return files;
}

Result<TuningRequest> requestOf(const TuneFlags& flags) {
    if (!flags.request.empty()) {
        const std::string body{std::istreambuf_iterator<char>(std::cin), {}};
        const Result<Json> json = parseMessage(body);
        if (!json) return json.error();
        return tuningRequestFromJson(*json);
    }
    TuningRequest request = flags.options;
    auto files = filesOf(flags.texts);
    if (!files) return files.error();
    request.files = *std::move(files);
    request.seed = flags.common.seed;
    request.preset = TuningPreset(std::ranges::find(kTuningPresets, flags.preset) - kTuningPresets.begin());
    for (const std::string& path : flags.canvas) {
        auto text = readText(path, "canvas");
        if (!text) return text.error();
        request.canvas.push_back(*std::move(text));
    }
    if (request.out.empty()) return Error{ErrorCode::InvalidArgument, "Say where the personal file goes: --out FILE."};
    if (request.files.empty()) return Error{ErrorCode::InvalidArgument, "Say what to learn from: --texts FILES."};
    return request;
}

Result<TuningJob> jobOf(const TuneFlags& flags) {
    auto request = requestOf(flags);
    if (!request) return request.error();
    if (request->model.empty()) request->model = installedModels("cpu").defaultModel;
    if (request->model.empty())
        return Error{ErrorCode::NotFound, "No model is installed: run installer/build, or give --model."};
    const auto device = chooseDevice("cpu", "auto", flags.common.threads);
    if (!device) return device.error();
    return TuningJob{*std::move(request), flags.common.device, device->info.threads};
}

TuningEnd failedBefore(const Error& error) {
    TuningEnd end;
    end.reason = TuningReason::Failed;
    end.error = error;
    return end;
}

int run(const TuneFlags& flags) {
    const StopSignals signals; // before Torch has threads of its own
    const bool serves = !flags.request.empty(), terminal = isatty(STDERR_FILENO) == 1;
    if (serves) {
        prctl(PR_SET_PDEATHSIG, SIGKILL); // not SIGTERM: it may be stopped. The checkpoint is there
        (void)!nice(10);                  // the writer's programs come first
    }
    const auto job = jobOf(flags);
    const TuningSink sink = serves ? eventSink() : terminal ? terminalSink() : TuningSink();
    const TuningEnd end = job ? tune(*job, signals.token(), sink) : failedBefore(job.error());
    if (serves) {
        event("ended", toJson(end));
        return 0;
    }
    if (terminal) std::fputs("\r\033[K", stderr);
    if (end.reason == TuningReason::Failed) return failed(end.error);
    const std::string out = flags.common.json ? toJson(end).dump(2) + "\n" : described(end);
    return printOut(out) ? 0 : failed({ErrorCode::Io, "Standard output cannot be written."});
}

} // namespace

CommandRun addTuneCommand(CLI::App& app) {
    auto flags = std::make_shared<TuneFlags>();
    TuningRequest& options = flags->options;
    CLI::App* command = app.add_subcommand("tune", "Teach the model how one person writes (docs/training.md)");
    command->add_option("--texts", flags->texts, "What to learn from: text files, or folders of them");
    command->add_option("--out", options.out, "The personal file: drafts take it with --personal");
    command->add_option("--model", options.model, "Model folder (default: the installed one)");
    command->add_option("--preset", flags->preset, "quick, balanced or thorough: one, three or eight passes")
        ->check(CLI::IsMember(std::vector<std::string>(kTuningPresets.begin(), kTuningPresets.end())));
    command->add_option("--minutes", options.minutes, "As long as this instead")->check(CLI::Range(0.0, 1e5));
    command->add_option("--held-out", options.heldOutShare, "Share of the text that measures instead of teaching")
        ->check(CLI::Range(TuningLimits::kLeastHeldOut, TuningLimits::kMostHeldOut));
    command->add_option("--strength", options.strength, "Of the samples, 0 to 1.5")->check(CLI::Range(0.0, 1.5));
    command->add_option("--canvas", flags->canvas, "Text files whose continuations are the samples");
    command->add_option("--request", flags->request)->group(""); // -: a request of the server's, answered by events
    addCommonFlags(*command, flags->common);
    return [flags] { return run(*flags); };
}

} // namespace palimpsest
