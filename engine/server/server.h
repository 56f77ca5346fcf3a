// Serves the protocol of engine/protocol.md to one peer at a time, on standard streams or a Unix socket.
//
// Threads: the caller's reads and answers; one worker runs the model (worker.h); one writes (outbox.h).
#pragma once

#include "engine/server/worker.h"

#include <filesystem>

namespace palimpsest {

struct ServerParts {
    EngineFactory open;                     // openEngine()
    std::function<EngineInfo()> installed;  // installedModels()
    EngineOptions options;                  // device and threads of models that a peer loads without naming them
    std::string program = "/proc/self/exe"; // palimpsest-engine, for trainings
};

// Blocks until the peer closes `in`, asks for shutdown or is gone.
void serveStream(int in, int out, const ServerParts& parts);

// Blocks; serves one peer after another at the socket `path`, made with mode 0600, until one asks for shutdown. A peer
// that comes while another is served is told so and closed. A dead socket at `path` is replaced, a live one is not
// (Error Locked), and neither is a file of any other kind (Io).
Result<void> serveSocket(const std::filesystem::path& path, const ServerParts& parts);

} // namespace palimpsest
