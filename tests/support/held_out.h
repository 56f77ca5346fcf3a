// Texts that no training has seen: the sample manuscript, or the .txt files of the folder PALIMPSEST_HELD_OUT.
#pragma once

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace palimpsest::test {

// In the order of their names.
inline std::vector<std::string> heldOutTexts() {
    const char* given = std::getenv("PALIMPSEST_HELD_OUT");
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(
             given ? given : PALIMPSEST_SOURCE_DIR "/resources/samples/the-winter-ferry"))
        if (entry.path().extension() == ".txt") files.push_back(entry.path());
    std::ranges::sort(files);
    std::vector<std::string> texts;
    for (const auto& path : files) {
        std::ostringstream text;
        text << std::ifstream(path).rdbuf();
        texts.push_back(text.str());
    }
    return texts;
}

} // namespace palimpsest::test
