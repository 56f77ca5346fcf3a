// `draft` and `rewrite`: one draft on the command line.
#pragma once

#include "engine/commands/command_line.h"

namespace palimpsest {

CommandRun addDraftCommand(CLI::App& app);
CommandRun addRewriteCommand(CLI::App& app);

} // namespace palimpsest
