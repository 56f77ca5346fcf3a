// `serve`: the engine behind the application.
#pragma once

#include "engine/commands/command_line.h"

namespace palimpsest {

CommandRun addServeCommand(CLI::App& app);

} // namespace palimpsest
