// Logging of both programs: spdlog, rotating files (3 of 2 MB) under the XDG state folder, warnings to stderr
// too.
#pragma once

#include <spdlog/spdlog.h>
#include <string>

namespace palimpsest {

// Sets the default logger to `<state folder>/logs/<program>.log`. Call once, first thing in main. A folder
// that cannot be written leaves logging to stderr only: never a reason not to start. `verbose` shows info on
// stderr.
void startLogging(const std::string& program, bool verbose = false);

} // namespace palimpsest
