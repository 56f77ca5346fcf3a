// palimpsest-engine: the engine and its command line.
#include "engine/base/log.h"
#include "engine/commands/bench_command.h"
#include "engine/commands/draft_command.h"
#include "engine/commands/evaluate_command.h"
#include "engine/commands/import_command.h"
#include "engine/commands/info_command.h"
#include "engine/commands/serve_command.h"
#include "engine/commands/train_command.h"
#include "engine/commands/tune_command.h"

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace palimpsest {
namespace {

// CLI11 tells what is wrong on one line and how to get help on others; a person needs the one.
int usageError(const CLI::ParseError& error) {
    std::string line = error.what();
    line = line.substr(0, line.find('\n'));
    std::fprintf(stderr, "palimpsest-engine: %s (see --help)\n", line.c_str());
    return kExitUsage;
}

// A waiting OpenMP thread spins for milliseconds by default, and while anything else runs on the machine every pass then
// waits for it (measured beside a build: 13 times longer). One that sleeps at once is woken hundreds of times a pass, which takes
// longer than the work. So it spins for some microseconds (docs/performance.md, "Beside other work"). libgomp reads
// this once, when it is loaded: hence the new beginning.
void spinBriefly(char** argv) {
    if (std::getenv("GOMP_SPINCOUNT") || std::getenv("OMP_WAIT_POLICY")) return;
    if (setenv("GOMP_SPINCOUNT", "1000", 1) == 0) execv("/proc/self/exe", argv); // returns only when it fails
}

int run(int argc, char** argv) {
    CLI::App app("A local sparse-attention diffusion language model for long documents", "palimpsest-engine");
    app.require_subcommand(1);
    app.set_version_flag("--version", PALIMPSEST_VERSION);
    const std::pair<const char*, CommandRun> commands[] = {
        {"draft", addDraftCommand(app)},   {"rewrite", addRewriteCommand(app)},   {"serve", addServeCommand(app)},
        {"import", addImportCommand(app)}, {"bench", addBenchCommand(app)},       {"info", addInfoCommand(app)},
        {"train", addTrainCommand(app)},   {"evaluate", addEvaluateCommand(app)}, {"tune", addTuneCommand(app)},
    };
    try {
        app.parse(argc, argv);
    } catch (const CLI::CallForHelp& help) {
        return app.exit(help);
    } catch (const CLI::CallForVersion& version) {
        return app.exit(version);
    } catch (const CLI::ParseError& error) {
        return usageError(error);
    }
    startLogging("palimpsest-engine");
    for (const auto& [name, command] : commands)
        if (app.got_subcommand(name)) return command();
    return kExitUsage;
}

} // namespace
} // namespace palimpsest

int main(int argc, char** argv) {
    palimpsest::spinBriefly(argv);
    std::signal(SIGPIPE, SIG_IGN); // a closed pipe is an error of write(), not an end without a word
    try {
        return palimpsest::run(argc, argv);
    } catch (const std::exception& exception) {
        return palimpsest::failed({palimpsest::ErrorCode::Internal, exception.what()});
    }
}
