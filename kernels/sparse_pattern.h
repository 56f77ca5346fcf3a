// Which keys a query sees (DESIGN.md, section 2). Query i sees key j when any of:
//   window   |i - j| < window
//   dilated  j = layer (mod dilation) and |i - j| < window + dilation * count: one shared grid per layer
//   global   j < globals
// Causality (clean stream) and a block's own slots (noised stream) are added by the caller.
#pragma once

#include <cstdint>

namespace palimpsest {

struct SparsePattern {
    int window = 512; // >= 1
    int dilation = 8; // >= 1
    int count = 256;  // grid keys each way beyond the window; 0 = no grid
    int globals = 16; // leading positions seen by all

    constexpr std::int64_t reach() const { return std::int64_t(window) + std::int64_t(dilation) * count; }
    constexpr int phase(int layer) const { return layer % dilation; }

    constexpr bool sees(std::int64_t query, std::int64_t key, int layer) const {
        const std::int64_t distance = query < key ? key - query : query - key;
        return distance < window || key < globals || (distance < reach() && key % dilation == phase(layer));
    }
    bool operator==(const SparsePattern&) const = default;
};

} // namespace palimpsest
