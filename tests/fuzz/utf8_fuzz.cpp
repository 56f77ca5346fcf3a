// UTF-8: the two readings of a text agree, and what is repaired is valid.
#include "engine/base/utf8.h"
#include "tests/fuzz/fuzz.h"

#include <algorithm>

namespace palimpsest::fuzz {
namespace {

// By definition: the bytes of a character are what its number is written as (RFC 3629, section 3).
std::string written(std::uint32_t value) {
    if (value < 0x80) return {char(value)};
    const auto tail = [&](int shift) { return char(0x80 | (value >> shift & 0x3F)); };
    if (value < 0x800) return {char(0xC0 | value >> 6), tail(0)};
    if (value < 0x10000) return {char(0xE0 | value >> 12), tail(6), tail(0)};
    return {char(0xF0 | value >> 18), tail(12), tail(6), tail(0)};
}

// Bytes of the whole character in front, 0 when there is none.
int lengthByDefinition(std::string_view bytes) {
    for (std::size_t length = 1; length <= 4 && length <= bytes.size(); ++length) {
        std::uint32_t value = static_cast<unsigned char>(bytes[0]) & (length == 1 ? 0x7Fu : 0x7Fu >> length);
        for (std::size_t i = 1; i < length; ++i) value = value << 6 | (static_cast<unsigned char>(bytes[i]) & 0x3F);
        if (value > 0x10FFFF || (value >= 0xD800 && value < 0xE000)) continue;
        if (written(value) == bytes.substr(0, length)) return int(length);
    }
    return 0;
}

void readAll(std::string_view bytes) {
    const std::string repaired = repairedUtf8(bytes);
    require(isValidUtf8(repaired), "what is repaired is valid");
    require(repairedUtf8(repaired) == repaired, "valid text needs no repair");
    require(isValidUtf8(bytes) == (repaired == bytes), "only malformed text is repaired");
    for (std::size_t at = 0; at < bytes.size(); ++at) {
        const int length = utf8CharacterLength(bytes.substr(at));
        require(std::max(length, 0) == lengthByDefinition(bytes.substr(at)), "characters are those of the definition");
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
