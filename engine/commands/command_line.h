// What the commands share: their common flags, reading texts, and how they fail.
#pragma once

#include "engine/api/draft.h"
#include "engine/api/engine.h"
#include "engine/base/result.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <string>

namespace palimpsest {

// Each command's add…Command() adds it with its flags to `app`, and gives what runs it once `app` has parsed.
using CommandRun = std::function<int()>; // the exit status

constexpr int kExitFailed = 1, kExitUsage = 2;

struct CommonFlags {
    bool json = false;
    std::uint64_t seed = 1;
    int threads = 0;             // 0: the cores this process may use
    std::string device = "auto"; // auto, cpu, cuda:N
};

void addCommonFlags(CLI::App& command, CommonFlags& flags);

// Prints the one line of an error to stderr. Returns kExitFailed.
int failed(const Error& error);

// A UTF-8 text file, or standard input for "-". A byte order mark is dropped. `what` names it in messages.
Result<std::string> readText(const std::string& path, const std::string& what);

// Standard output, flushed; false when it could not be written (a full disk, a closed pipe).
bool printOut(const std::string& text);

} // namespace palimpsest
