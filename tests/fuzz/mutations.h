// Inputs near given ones: what a fuzzer without feedback can do. Deterministic: the same on every machine.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace palimpsest::fuzz {

class Mutations {
public:
    // `seeds` not empty; they must outlive this.
    Mutations(const std::vector<std::string>& seeds, std::uint64_t randomSeed) : m_seeds(seeds), m_random(randomSeed) {}

    // One of the seeds with one to four changes: bits, bytes, length fields at their extremes, numbers in text, cuts,
    // repeats, and parts of another seed.
    std::string next();

private:
    std::size_t below(std::size_t count) { return count == 0 ? 0 : std::size_t(m_random() % count); }
    void change(std::string& bytes);
    void flipBits(std::string& bytes);
    void setField(std::string& bytes);
    void setNumber(std::string& bytes);
    void cut(std::string& bytes);
    void repeat(std::string& bytes);
    void splice(std::string& bytes);

    const std::vector<std::string>& m_seeds;
    std::mt19937_64 m_random; // never through a distribution: those differ between libraries
};

} // namespace palimpsest::fuzz
