// `info`: the installed models, the device and why.
#pragma once

#include "engine/commands/command_line.h"

namespace palimpsest {

CommandRun addInfoCommand(CLI::App& app);

} // namespace palimpsest
