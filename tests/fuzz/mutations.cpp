#include "tests/fuzz/mutations.h"

#include <algorithm>
#include <cstring>

namespace palimpsest::fuzz {
namespace {

constexpr std::size_t kLongest = 1u << 18;

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

} // namespace

std::string Mutations::next() {
    std::string bytes = m_seeds[below(m_seeds.size())];
    for (std::size_t changes = 1 + below(4); changes > 0; --changes) change(bytes);
    if (bytes.size() > kLongest) bytes.resize(kLongest);
    return bytes;
}

void Mutations::change(std::string& bytes) {
    switch (below(8)) {
    case 0:
    case 1: return flipBits(bytes);
    case 2:
    case 3: return setField(bytes);
    case 4: return setNumber(bytes);
    case 5: return cut(bytes);
    case 6: return repeat(bytes);
    default: return splice(bytes);
    }
}

void Mutations::flipBits(std::string& bytes) {
    if (bytes.empty()) return;
    for (std::size_t flips = 1 + below(3); flips > 0; --flips) {
        char& byte = bytes[below(bytes.size())];
        byte = below(2) ? char(byte ^ (1 << below(8))) : char(below(256));
    }
}

// A little-endian or big-endian number of one to eight bytes becomes what a length should not be.
void Mutations::setField(std::string& bytes) {
    const std::size_t width = std::size_t(1) << below(4);
    if (bytes.size() < width) return;
    const std::uint64_t values[] = {0,
                                    1,
                                    bytes.size(),
                                    bytes.size() + 1,
                                    bytes.size() - 1,
                                    ~std::uint64_t(0),
                                    std::uint64_t(1) << 63,
                                    (std::uint64_t(1) << 63) - 1,
                                    std::uint64_t(1) << 62,
                                    std::uint64_t(1) << 32,
                                    0xFFFFFFFF,
                                    0x80000000,
                                    0x7FFFFFFF,
                                    0xFFFF,
                                    0x8000,
                                    below(300)};
    std::uint64_t value = values[below(std::size(values))];
    if (below(4) == 0) value = __builtin_bswap64(value) >> (64 - 8 * width);
    std::memcpy(bytes.data() + below(bytes.size() - width + 1), &value, width);
}

// A decimal number becomes one that is too large, negative, no number, or of another kind.
void Mutations::setNumber(std::string& bytes) {
    static const char* const kValues[] = {"0",
                                          "-1",
                                          "1",
                                          "18446744073709551615",
                                          "18446744073709551616",
                                          "9223372036854775807",
                                          "4294967296",
                                          "1e9",
                                          "-1e400",
                                          "1e39",
                                          "2147483648",
                                          "-9223372036854775808",
                                          "0.5",
                                          "null",
                                          "[]",
                                          "{}",
                                          "\"\"",
                                          "true",
                                          "\"\\ud800\"",
                                          "\"\\u0000\""};
    const auto from = bytes.begin() + std::ptrdiff_t(below(bytes.size() + 1));
    const auto begin = std::find_if(from, bytes.end(), isDigit);
    if (begin == bytes.end()) return;
    const auto end = std::find_if_not(begin, bytes.end(), isDigit);
    bytes.replace(begin, end, kValues[below(std::size(kValues))]);
}

void Mutations::cut(std::string& bytes) {
    const std::size_t at = below(bytes.size() + 1);
    if (below(2))
        bytes.resize(at);
    else
        bytes.erase(at, 1 + below(below(4) ? 8 : bytes.size() + 1));
}

void Mutations::repeat(std::string& bytes) {
    const std::size_t at = below(bytes.size() + 1);
    const std::string part = bytes.substr(at, 1 + below(64));
    for (std::size_t times = 1 + below(below(8) ? 2 : 60); times > 0; --times) bytes.insert(at, part);
}

void Mutations::splice(std::string& bytes) {
    const std::string& other = m_seeds[below(m_seeds.size())];
    const std::string part = other.substr(below(other.size() + 1), 1 + below(below(2) ? 16 : other.size() + 1));
    const std::size_t at = below(bytes.size() + 1);
    if (below(2))
        bytes.insert(at, part);
    else
        bytes.replace(at, std::min(part.size(), bytes.size() - at), part);
}

} // namespace palimpsest::fuzz
