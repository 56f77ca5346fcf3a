// Pairs of a source and what it becomes, for models that turn one text into another. Torch-free.
//
// Files: .tsv, a source, a tab, a target; and .jsonl, one object a line with "src" and either "trg" (a text) or "refs"
// (texts: as many pairs of one source). The split is our own, a fixed hash of the source (FNV-1a, 64 bits), so that all
// targets of a source are on one side: of ten equal parts the first is the test, the second for validation, the others
// are trained on.
#pragma once

#include "engine/base/result.h"

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace palimpsest {

enum class PairSplit { Test, Validation, Train };
PairSplit splitOf(std::string_view source);

struct PairSource {
    std::string source;
    std::vector<std::string> targets; // at least one
    PairSplit split = PairSplit::Train;
};

// All sources below `path` (a folder, or one file), in order of files and lines; a source that comes again gains its
// targets. NotFound without any; InvalidArgument names a line that is no pair.
Result<std::vector<PairSource>> readPairs(const std::filesystem::path& path);

} // namespace palimpsest
