// `import`: a GGUF file becomes a model folder.
#pragma once

#include "engine/commands/command_line.h"

namespace palimpsest {

CommandRun addImportCommand(CLI::App& app);

} // namespace palimpsest
