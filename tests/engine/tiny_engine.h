// The engine on the tiny model: real passes in milliseconds. No Torch and no Qt here.
#pragma once

#include "engine/api/engine.h"
#include "engine/base/paths.h"
#include "tests/support/tiny_model.h"

#include <memory>
#include <string>
#include <unistd.h>

namespace palimpsest::test {

// A folder with the tiny model, made once per process, beside the test program.
inline std::string tinyModelFolder(bool withDenoiser = true) {
    const auto folder = executableFolder() / ("tiny-" + std::to_string(getpid()) + (withDenoiser ? "" : "-base"));
    if (!std::filesystem::exists(folder / "model.json")) (void)writeTinyModel(folder, withDenoiser);
    return folder.string();
}

inline std::unique_ptr<Engine> tinyEngine(bool withDenoiser = true) {
    auto engine = openEngine({tinyModelFolder(withDenoiser), "cpu", 1, "float32"});
    return engine ? std::move(*engine) : nullptr;
}

inline DraftRequest continueRequest(int tokens = 24, std::uint64_t seed = 1) {
    DraftRequest request;
    request.id = "d";
    request.left = "The house stood at the end of a long lane, and nobody had lived in it for years.";
    request.options.tokens = tokens;
    request.options.seed = seed;
    request.options.temperature = 1;
    return request;
}

} // namespace palimpsest::test
