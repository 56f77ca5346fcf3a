#include "engine/base/utf8.h"

#include <algorithm>

namespace palimpsest {
namespace {

// RFC 3629, section 4: the second byte's range depends on the first, which rules out overlong forms and surrogates.
struct Lead {
    int length;
    unsigned char low, high; // of the second byte
};

Lead leadOf(unsigned char byte) {
    if (byte >= 0xC2 && byte <= 0xDF) return {2, 0x80, 0xBF};
    if (byte == 0xE0) return {3, 0xA0, 0xBF};
    if (byte == 0xED) return {3, 0x80, 0x9F};
    if (byte >= 0xE1 && byte <= 0xEF) return {3, 0x80, 0xBF};
    if (byte == 0xF0) return {4, 0x90, 0xBF};
    if (byte >= 0xF1 && byte <= 0xF3) return {4, 0x80, 0xBF};
    if (byte == 0xF4) return {4, 0x80, 0x8F};
    return {0, 0, 0};
}

} // namespace

int utf8CharacterLength(std::string_view bytes) {
    if (bytes.empty()) return -1;
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    if (at(0) < 0x80) return 1;
    const Lead lead = leadOf(at(0));
    if (lead.length == 0) return 0;
    const std::size_t have = std::min<std::size_t>(bytes.size(), std::size_t(lead.length));
    for (std::size_t i = 1; i < have; ++i) {
        const unsigned char low = i == 1 ? lead.low : 0x80, high = i == 1 ? lead.high : 0xBF;
        if (at(i) < low || at(i) > high) return 0;
    }
    return have < std::size_t(lead.length) ? -1 : lead.length;
}

bool isValidUtf8(std::string_view bytes) {
    while (!bytes.empty()) {
        const int length = utf8CharacterLength(bytes);
        if (length <= 0) return false;
        bytes.remove_prefix(std::size_t(length));
    }
    return true;
}

std::string repairedUtf8(std::string_view bytes) {
    std::string out;
    out.reserve(bytes.size());
    while (!bytes.empty()) {
        const int length = utf8CharacterLength(bytes);
        if (length > 0)
            out.append(bytes.substr(0, std::size_t(length)));
        else
            out.append("\xEF\xBF\xBD");
        bytes.remove_prefix(length > 0 ? std::size_t(length) : 1);
    }
    return out;
}

bool isCharacterBoundary(std::string_view text, std::size_t offset) {
    if (offset >= text.size()) return offset == text.size();
    return (static_cast<unsigned char>(text[offset]) & 0xC0) != 0x80;
}

} // namespace palimpsest
