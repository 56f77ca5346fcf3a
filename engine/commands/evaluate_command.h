// `palimpsest-engine evaluate`: engine/evaluation/evaluation.h.
#pragma once

#include "engine/commands/command_line.h"

namespace palimpsest {

CommandRun addEvaluateCommand(CLI::App& app);

} // namespace palimpsest
