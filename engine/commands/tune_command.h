// `palimpsest-engine tune`: a model learns how one person writes.
#pragma once

#include "engine/commands/command_line.h"

namespace palimpsest {

CommandRun addTuneCommand(CLI::App& app);

} // namespace palimpsest
