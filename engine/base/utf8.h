// UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, nothing above U+10FFFF.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace palimpsest {

// Bytes of the character at the front of `bytes`: 1 … 4; 0 when it is malformed; -1 when it is only begun.
int utf8CharacterLength(std::string_view bytes);

bool isValidUtf8(std::string_view bytes);

// Malformed bytes, one by one, become U+FFFD.
std::string repairedUtf8(std::string_view bytes);

// Is `offset` between two characters of the valid text `text`, or at one of its ends?
bool isCharacterBoundary(std::string_view text, std::size_t offset);

} // namespace palimpsest
