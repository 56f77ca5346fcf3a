// A GGUF file of a Llama-family model -> a model folder (models/checkpoint.md).
#pragma once

#include "engine/base/result.h"
#include "models/safetensors.h"

#include <filesystem>
#include <functional>
#include <string>

namespace palimpsest {

struct ImportOptions {
    StoredType dtype = StoredType::BF16;    // of the matrices: BF16, F32 to keep every bit of a quantised file, or I8
    std::filesystem::path denoiser;         // empty: the one of `shippedDenoisers` that fits the base, if any does
    std::filesystem::path shippedDenoisers; // folder whose <name>/denoiser.safetensors are tried; may be empty
    std::function<void(double)> progress;   // 0 … 1, rising; called on the importing thread; may be empty
};

struct ImportedModel {
    std::filesystem::path folder;
    std::string name;
    bool hasDenoiser = false;
};

// Blocks. Writes to a folder beside `folder` and renames: `folder` is either the whole model or as it was. An existing
// model folder is replaced; any other existing file or non-empty folder is refused (InvalidArgument).
// Corrupt, Unsupported, Full, Io leave nothing behind; InvalidArgument when `denoiser` does not fit the base.
Result<ImportedModel> importGguf(const std::filesystem::path& gguf, const std::filesystem::path& folder,
                                 const ImportOptions& options);

} // namespace palimpsest
