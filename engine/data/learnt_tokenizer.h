// A SentencePiece model learnt from texts, of the kind models/tokenizer.h wants: byte-pair encoding, identity normaliser,
// byte fallback, no dummy prefix. Torch-free. Ids 0, 1, 2: unknown, begin, end.
#pragma once

#include "engine/base/result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace palimpsest {

// Writes `file`; one that is there already stays. Deterministic. Blocks for seconds per few megabytes.
// InvalidArgument when the texts do not give so many pieces; Io, Full.
Result<void> learnTokenizer(const std::filesystem::path& file, const std::vector<std::string>& texts, int pieces);

} // namespace palimpsest
