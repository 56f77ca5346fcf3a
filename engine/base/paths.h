// The folders of the XDG base directory specification, each with `palimpsest` appended. Created by their
// writers.
#pragma once

#include <filesystem>

namespace palimpsest {

std::filesystem::path cacheFolder();  // downloads of the set-up; may be deleted at any time
std::filesystem::path dataFolder();   // models/<name>/
std::filesystem::path stateFolder();  // logs/
std::filesystem::path modelsFolder(); // dataFolder()/models

// Read-only files that ship with the program: resources/<name> of the source tree for a build in it,
// <prefix>/share/palimpsest/<name> once installed. Empty when there is none.
std::filesystem::path resourceFile(const std::filesystem::path& name);

// The folder of the running executable, symbolic links resolved.
std::filesystem::path executableFolder();

} // namespace palimpsest
