#include "engine/commands/evaluate_command.h"

#include "engine/commands/stop_signals.h"
#include "engine/evaluation/evaluation.h"

#include <cstdio>
#include <sstream>
#include <unistd.h>

namespace palimpsest {
namespace {

struct EvaluateFlags {
    CommonFlags common;
    EvaluationOptions options;
    std::string data;
};

std::string valueOf(const Json& value) {
    if (!value.is_number_float()) return value.is_string() ? value.get<std::string>() : value.dump();
    char text[32];
    std::snprintf(text, sizeof text, "%.4g", value.get<double>());
    return text;
}

// The rows of a suite as tables in Markdown, as docs/evaluation.md shows them: a new one where the columns change.
std::string tables(const Json& report) {
    std::ostringstream text;
    std::vector<std::string> columns;
    for (const Json& row : report.at("rows")) {
        std::vector<std::string> names;
        for (const auto& [key, value] : row.items()) names.push_back(key);
        if (names != columns) {
            if (!columns.empty()) text << '\n';
            for (const std::string& name : names) text << "| " << name << ' ';
            text << "|\n";
            for (std::size_t i = 0; i < names.size(); ++i) text << "|---";
            text << "|\n";
            columns = std::move(names);
        }
        for (const auto& [key, value] : row.items()) text << "| " << valueOf(value) << ' ';
        text << "|\n";
    }
    if (report.contains("accuracy")) text << "\nMean accuracy of the sets: " << valueOf(report["accuracy"]) << '\n';
    text << "\nModel " << valueOf(report.at("model_hash")).substr(0, 16) << ", seed " << report.at("seed") << ".\n";
    return text.str();
}

int run(EvaluateFlags flags) {
    const StopSignals signals; // before Torch has threads of its own
    flags.options.data = flags.data;
    flags.options.device = flags.common.device;
    flags.options.threads = flags.common.threads;
    flags.options.seed = flags.common.seed;
    EvaluationSink sink;
    if (isatty(STDERR_FILENO) == 1) sink = [](const Json& row) { std::fprintf(stderr, "%s\n", row.dump().c_str()); };
    const auto report = evaluate(flags.options, signals.token(), sink);
    if (!report) return failed(report.error());
    return printOut(flags.common.json ? report->dump(2) + "\n" : tables(*report))
               ? 0
               : failed({ErrorCode::Io, "Standard output cannot be written."});
}

} // namespace

CommandRun addEvaluateCommand(CLI::App& app) {
    auto flags = std::make_shared<EvaluateFlags>();
    EvaluationOptions& options = flags->options;
    CLI::App* command = app.add_subcommand("evaluate", "Measure what a model is worth (docs/evaluation.md)");
    command->add_option("--suite", options.suite, "What to measure")
        ->required()
        ->check(CLI::IsMember(evaluationSuites()));
    command
        ->add_option("--data", flags->data,
                     "Folder of held-out books; for wikitext and blimp a file, for seq2seq pairs")
        ->required();
    command->add_option("--model", options.model, "Model folder (default: the installed one)");
    command->add_option("--samples", options.samples, "Excerpts, windows, or pairs of a set (default: the suite's own)")
        ->check(CLI::Range(1, 1'000'000));
    command->add_option("--temperatures", options.temperatures, "drafts: one frontier each; the others take the first")
        ->delimiter(',')
        ->check(CLI::Range(0.0, 2.0));
    command->add_option("--lengths", options.lengths, "long: tokens of context")
        ->delimiter(',')
        ->check(CLI::Range(512, 16384));
    command->add_option("--personal", options.personal, "A personal file, stacked on what is measured");
    command->add_option("--strength", options.strength, "Of the personal file, 0 to 1.5")->check(CLI::Range(0.0, 1.5));
    command->add_option("--steps", options.steps, "seq2seq: passes of the sampler, one row each")
        ->delimiter(',')
        ->check(CLI::Range(1, 100'000));
    command->add_option("--noise", options.noise, "seq2seq: deviation of the noise drawn, 1 as trained; a table each")
        ->delimiter(',')
        ->check(CLI::Range(0.0, 1.0));
    command->add_flag("--ancestral", options.ancestral, "seq2seq: draw noise in every step");
    command->add_option("--dtype", options.dtype, "auto, float32, bfloat16 or int8");
    addCommonFlags(*command, flags->common);
    return [flags] { return run(*flags); };
}

} // namespace palimpsest
