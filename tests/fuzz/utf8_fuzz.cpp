// UTF-8: the two readings of a text agree, and what is repaired is valid.
#include "engine/base/utf8.h"
#include "tests/fuzz/fuzz.h"

namespace palimpsest::fuzz {
namespace {

void readAll(std::string_view bytes) {
    const std::string repaired = repairedUtf8(bytes);
    require(isValidUtf8(repaired), "what is repaired is valid");
    require(repairedUtf8(repaired) == repaired, "valid text needs no repair");
    require(isValidUtf8(bytes) == (repaired == bytes), "only malformed text is repaired");
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        const int length = utf8CharacterLength(bytes.substr(at));
        require(length >= -1 && length <= 4, "a character has one to four bytes");
        require(length <= 0 || std::size_t(length) <= bytes.size() - at, "a whole character lies in the text");
        require(length >= 0 || bytes.size() - at < 4, "only the end is begun and not ended");
    }
    // In valid text the boundaries are where characters begin.
    std::size_t next = 0;
    for (std::size_t at = 0; at <= repaired.size(); ++at) {
        require(isCharacterBoundary(repaired, at) == (at == next), "boundaries are where characters begin");
        if (at == next && at < repaired.size())
            next += std::size_t(utf8CharacterLength(std::string_view(repaired).substr(at)));
    }
    require(!isCharacterBoundary(repaired, repaired.size() + 1), "nothing lies beyond the end");
}

} // namespace

Plan plan() {
    return {{"plain", "caf\xC3\xA9 \xE2\x80\x94 \xF0\x9F\x8C\x8A", "\xED\xA0\x80\xC0\x80\xF4\x90\x80\x80\xE0\x9F\xBF",
             "\xF0\x9F\x8C", "\xFF\xFE\x80\xBF"},
            200000};
}

} // namespace palimpsest::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    palimpsest::fuzz::readAll(palimpsest::fuzz::textOf(data, size));
    return 0;
}
