// SHA-256 (FIPS 180-4): fingerprints of weights and files.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace palimpsest {

class Sha256 {
public:
    void add(std::span<const std::byte> bytes);
    std::string hex(); // 64 lower-case digits; nothing may be added afterwards

private:
    void block(const std::byte* bytes);
    std::array<std::uint32_t, 8> m_state{0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                                         0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
    std::array<std::byte, 64> m_pending{};
    std::uint64_t m_bytes = 0;
};

std::string sha256Hex(std::string_view text);

} // namespace palimpsest
