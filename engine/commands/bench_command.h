// `bench`: what a pass costs on this machine, as ratios measured in one run.
#pragma once

#include "engine/commands/command_line.h"

namespace palimpsest {

CommandRun addBenchCommand(CLI::App& app);

} // namespace palimpsest
