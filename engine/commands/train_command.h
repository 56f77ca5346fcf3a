// `train`: a denoiser from a folder of texts.
#pragma once

#include "engine/commands/command_line.h"

namespace palimpsest {

CommandRun addTrainCommand(CLI::App& app);

} // namespace palimpsest
