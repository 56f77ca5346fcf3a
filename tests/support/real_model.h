// The default model, imported into the build tree from what the set-up downloaded, once for each shipped denoiser.
#pragma once

#include "engine/base/paths.h"
#include "models/import_gguf.h"

#include <filesystem>

namespace palimpsest::test {

// The folder of the model with matrices stored as `dtype`. NotFound with what to do when the set-up has not run.
// Several test programs may ask at once: each imports into a folder of its own and renames.
inline Result<std::filesystem::path> realModel(StoredType dtype) {
    const auto gguf = cacheFolder() / "gguf" / "SmolLM2-135M-Instruct.Q4_1.gguf";
    if (!std::filesystem::exists(gguf))
        return Error{ErrorCode::NotFound, "no base model in " + gguf.string() + ": run installer/build first"};
    const auto folder = executableFolder() / ("test-model-" + std::string(storedTypeName(dtype)));
    ImportOptions options;
    options.dtype = dtype;
    options.shippedDenoisers = std::filesystem::path(PALIMPSEST_SOURCE_DIR) / "resources/weights";
    const auto shipped = options.shippedDenoisers / "smollm2-135m-instruct" / "denoiser.safetensors";
    std::error_code error; // of a file that is not there: it is older than any
    if (std::filesystem::last_write_time(folder / "model.json", error) > std::filesystem::last_write_time(shipped))
        return folder;
    auto imported = importGguf(gguf, folder, options);
    if (!imported) return imported.error();
    return imported->folder;
}

} // namespace palimpsest::test
