// The texts of a training corpus: a folder tree of .txt files, UTF-8. Torch-free.
//
// Held out (never trained on, used by the evaluation): files whose `split` in the manifest is not "train", or, where the
// manifest says nothing about a file, those below a folder `valid`. A corpus without any has its last tenth of files, in
// order of their names and at least one of two, held out.
//
// manifest.tsv (optional, in the folder): tab-separated, a header line; columns `path` (below the folder), `split` and
// `weight` are used: how often the file should be seen relative to the others, > 0, default 1; 0 leaves the file out.
#pragma once

#include "engine/base/result.h"

#include <filesystem>
#include <string>
#include <vector>

namespace palimpsest {

struct CorpusFile {
    std::string path; // below the folder, with /
    double weight = 1;
    bool heldOut = false;
};

struct Corpus {
    std::filesystem::path folder;
    std::vector<CorpusFile> files; // by path
};

// NotFound for no folder or no text in it; InvalidArgument for a manifest line that means nothing. Reads no text.
Result<Corpus> findCorpus(const std::filesystem::path& folder);

} // namespace palimpsest
