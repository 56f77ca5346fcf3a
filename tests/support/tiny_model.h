// A model that opens and runs in milliseconds: two layers, width 32, a byte-level vocabulary of a few hundred tokens,
// random weights. Its drafts are nonsense; everything else about it is real.
#pragma once

#include "engine/base/result.h"
#include "tests/support/gguf_builder.h"

#include <filesystem>
#include <string>

namespace palimpsest::test {

// Writes its GGUF file beside `folder` and imports that. Seeded: always the same. Three layers with phases 0, 1, 0 of
// a pattern whose window is 32 tokens, so that sparsity shows within a few hundred tokens.
Result<std::filesystem::path> writeTinyModel(const std::filesystem::path& folder, bool withDenoiser);

// Its GGUF file, before it is written, for tests that damage it. `without` names a tensor to leave out.
GgufBuilder tinyGguf(const std::string& without = {});

} // namespace palimpsest::test
