// What every fuzzing body gives. A body feeds hostile bytes to one reader and holds it to its contract: an error or a
// sound value, never a crash, never a value outside its ranges.
//
// With PALIMPSEST_FUZZ libFuzzer drives the bodies; replay.cpp runs them in the normal tests, with any compiler. One
// thread. A broken contract ends the process, which is how libFuzzer learns of it; an exception that leaves a body
// does too.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <unistd.h>
#include <vector>

#include "tests/support/scratch_folder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace palimpsest::fuzz {

struct Plan {
    std::vector<std::string> seeds; // sound inputs, and those that once broke something
    int mutations = 4000;           // replayed by the normal tests: a second or two without sanitizers
};

// Defined by each body. Called once, by the replay.
Plan plan();

inline void require(bool kept, const char* contract) {
    if (kept) return;
    std::fprintf(stderr, "broken contract: %s\n", contract);
    std::abort();
}

inline std::string_view textOf(const std::uint8_t* data, std::size_t size) {
    return {reinterpret_cast<const char*>(data), size};
}

// Takes an input apart from the front; past its end it gives zeros and nothing.
class Cursor {
public:
    explicit Cursor(std::string_view bytes) : m_rest(bytes) {}

    std::size_t number(std::size_t below) { // 0 … below-1, from two bytes
        std::size_t value = 0;
        for (int i = 0; i < 2; ++i) value = value << 8 | byte();
        return below == 0 ? 0 : value % below;
    }
    unsigned byte() {
        if (m_rest.empty()) return 0;
        const auto value = static_cast<unsigned char>(m_rest.front());
        m_rest.remove_prefix(1);
        return value;
    }
    std::string_view text(std::size_t atMost) {
        const std::string_view taken = m_rest.substr(0, atMost);
        m_rest.remove_prefix(taken.size());
        return taken;
    }
    std::string_view rest() const { return m_rest; }

private:
    std::string_view m_rest;
};

// Scratch files in memory where there is such a place and nothing else is asked for: a disk is a hundred times slower.
inline const bool kScratchInMemory = ::access("/dev/shm", W_OK) == 0 && ::setenv("TMPDIR", "/dev/shm", 0) == 0;

// A file for readers that want one; written anew for every input, gone when the process ends in good order.
class InputFile {
public:
    explicit InputFile(const char* name) : m_path(m_folder.path() / name) {}
    const std::filesystem::path& folder() const { return m_folder.path(); }
    const std::filesystem::path& put(std::string_view bytes) const {
        std::ofstream(m_path, std::ios::binary | std::ios::trunc).write(bytes.data(), std::streamsize(bytes.size()));
        return m_path;
    }

private:
    test::ScratchFolder m_folder;
    std::filesystem::path m_path;
};

} // namespace palimpsest::fuzz
