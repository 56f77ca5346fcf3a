// Prose and a folder for tunings of the tiny model.
#pragma once

#include "tests/support/scratch_folder.h"

#include <fstream>
#include <sstream>
#include <string>

namespace palimpsest::test {

// Paragraphs of some sixty words each, no two alike.
inline std::string prose(int paragraphs, int from = 0) {
    std::string text;
    for (int i = from; i < from + paragraphs; ++i) {
        for (int k = 0; k < 3; ++k)
            text += "The house stood at the end of a long lane, and nobody had lived in it for " +
                    std::to_string(i * 3 + k) + " years. ";
        text += "She said that he was in the house with " + std::to_string(i * 7 % 11) + " of the keys.\n\n";
    }
    return text;
}

class TuningWorkplace {
public:
    TuningWorkplace() {
        std::filesystem::create_directories(path("texts"));
        write("texts/a.txt", prose(60));
    }
    std::string path(const std::string& name) const { return (m_folder.path() / name).string(); }
    void write(const std::string& name, const std::string& text) const { std::ofstream(path(name)) << text; }
    std::string read(const std::string& name) const {
        std::ostringstream text;
        text << std::ifstream(path(name), std::ios::binary).rdbuf();
        return text.str();
    }

private:
    ScratchFolder m_folder;
};

} // namespace palimpsest::test
