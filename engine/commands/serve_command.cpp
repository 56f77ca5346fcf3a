#include "engine/commands/serve_command.h"

#include "engine/server/server.h"

#include <csignal>
#include <sys/prctl.h>
#include <unistd.h>

namespace palimpsest {

CommandRun addServeCommand(CLI::App& app) {
    struct Flags {
        CommonFlags common;
        bool stdio = false;
        std::string socket, model;
    };
    auto flags = std::make_shared<Flags>();
    CLI::App* command = app.add_subcommand("serve", "Serve the application (engine/protocol.md)");
    auto* stdio = command->add_flag("--stdio", flags->stdio, "On standard input and output");
    auto* socket = command->add_option("--socket", flags->socket, "On a Unix socket at this path, mode 0600");
    socket->excludes(stdio);
    command->add_option("--model", flags->model, "Model folder for drafts that come before one is loaded");
    addCommonFlags(*command, flags->common);
    return [flags] {
        ServerParts parts;
        parts.open = openEngine;
        parts.installed = [flags] { return installedModels(flags->common.device); };
        parts.options.model = flags->model;
        parts.options.device = flags->common.device;
        parts.options.threads = flags->common.threads;
        if (!flags->socket.empty()) {
            const Result<void> served = serveSocket(flags->socket, parts);
            return served ? 0 : failed(served.error());
        }
        if (!flags->stdio) {
            failed({ErrorCode::InvalidArgument, "Say where to serve: --stdio or --socket PATH."});
            return kExitUsage;
        }
        // The closing of stdin tells of a parent's death too, but not while a grandchild still holds the pipe.
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        (void)!nice(5); // a key of the writer's comes before a word of the model's
        serveStream(STDIN_FILENO, STDOUT_FILENO, parts);
        return 0;
    };
}

} // namespace palimpsest
