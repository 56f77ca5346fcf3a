// Logging for code that sees Torch, whose bundled fmt and spdlog's do not meet in one file.
#pragma once

#include <string>

namespace palimpsest {

// One line for the log file of startLogging(), level info: details a person at the terminal does not need.
void logLine(const std::string& line);

} // namespace palimpsest
