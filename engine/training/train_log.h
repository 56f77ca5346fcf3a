// What a training run tells: JSON lines in log.jsonl, and sums over processes. Torch-free.
#pragma once

#include "engine/base/result.h"
#include "models/training_blocks.h"

#include <array>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace palimpsest {

// Losses by level and by position, as sums: they add up over documents and over processes.
class LossSums {
public:
    static constexpr int kBands = 5;                                   // levels (0, 0.2], … (0.8, 1]: of them
    static constexpr std::array<int, 6> kPositions{1, 2, 3, 5, 9, 16}; // of a block, from 1
    explicit LossSums(std::size_t loads) : m_load(loads) {}            // layers with experts times experts

    void add(const DocumentLoss& document);

    // All as one row of numbers, and back: what processes add.
    std::vector<double> values() const;
    void setValues(const std::vector<double>& values); // of an object with as many loads

    double documents() const { return m_documents; }
    double meanLoss() const;         // of documents: what is minimised
    double meanCrossEntropy() const; // of targets
    double targets() const;
    double slots() const { return m_slots; }
    double cleanTokens() const { return m_cleanTokens; }
    nlohmann::ordered_json toJson() const; // "loss", "cross_entropy", "by_level", "by_position", "balance", "load" …

private:
    struct Sum {
        double count = 0, crossEntropy = 0, divergence = 0;
        double sequentialCount = 0, sequential = 0; // where it was asked for
    };
    std::array<Sum, kBands> m_bands;
    std::array<Sum, kPositions.size()> m_positions;
    std::vector<double> m_load;
    double m_documents = 0, m_loss = 0, m_balance = 0, m_slots = 0, m_cleanTokens = 0;
};

// Appends lines to a file, each flushed: a killed run loses at most the line being written.
class TrainLog {
public:
    // Keeps of an existing file the lines with "step" <= `lastStep`; a last line that was cut off is dropped.
    static Result<TrainLog> open(const std::filesystem::path& file, std::int64_t lastStep);

    Result<void> add(const nlohmann::ordered_json& line);

private:
    explicit TrainLog(std::filesystem::path path) : m_path(std::move(path)) {}
    std::filesystem::path m_path;
    std::ofstream m_file;
};

} // namespace palimpsest
