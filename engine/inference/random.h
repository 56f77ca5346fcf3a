// Random numbers of drafts: SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, 2014).
// Ours, so that a seed gives the same numbers with every compiler and standard library.
#pragma once

#include <cstdint>

namespace palimpsest {

class Random {
public:
    explicit Random(std::uint64_t seed) : m_state(mixed(seed)) {}

    // Uniform in [0, 1), 53 bits.
    double uniform() { return double(next() >> 11) * 0x1.0p-53; }

    // The seed of candidate `index` of a request; candidate 0 has the request's own.
    static std::uint64_t derivedSeed(std::uint64_t seed, int index) {
        return index == 0 ? seed : mixed(seed + 0x9E3779B97F4A7C15ull * std::uint64_t(index));
    }

    // A number that looks like none of its neighbours'.
    static constexpr std::uint64_t mixed(std::uint64_t z) {
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
        return z ^ (z >> 31);
    }

private:
    std::uint64_t next() { return mixed(m_state += 0x9E3779B97F4A7C15ull); }

    std::uint64_t m_state;
};

} // namespace palimpsest
