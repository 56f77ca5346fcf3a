// Logging of both programs: spdlog, rotating files (3 of 2 MB) under the XDG state folder, warnings to stderr too.
//
// spdlog itself is not included here: its fmt and the one in LibTorch's headers do not meet in one file.
#pragma once

#include <string>

namespace palimpsest {

// Sets the default logger to `<state folder>/logs/<program>.log`. Call once, first thing in main. A folder that
// cannot be written leaves logging to stderr only: never a reason not to start. `verbose` shows info on stderr.
void startLogging(const std::string& program, bool verbose = false);

// One line of level info: details for the log file that a person at the terminal does not need.
void logLine(const std::string& line);

} // namespace palimpsest
