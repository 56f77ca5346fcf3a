// The held-out evaluation: cross-entropy of noised targets, continuing and infilling, at each level of
// kEvaluationLevels, over a whole block and at some of its positions. Torch-free.
#pragma once

#include "engine/training/document_plan.h"

#include <array>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

namespace palimpsest {

// Sums, so that documents and processes add up.
class EvaluationTable {
public:
    void add(const DocumentLoss& document, bool infill);

    std::vector<double> values() const;
    void setValues(const std::vector<double>& values);

    double mean() const;                   // cross-entropy of all targets, nats
    double accuracy() const;               // share of all targets that were likeliest; 0 where it is not known
    nlohmann::ordered_json toJson() const; // {"left": [{"level", "cross_entropy", "by_position"}], "infill": […]}
    std::string line() const;              // for a terminal

private:
    struct Cell {
        double count = 0, crossEntropy = 0, correct = 0;
        std::array<double, kEvaluationBlock> byPosition{}, counts{};
        std::array<double, kEvaluationBlock> sequential{}, sequentialCounts{}; // under the sequential head
    };
    double overTargets(double Cell::*sum) const; // 0 without any

    static constexpr std::size_t kLevels = std::size(kEvaluationLevels);
    std::array<std::array<Cell, kLevels>, 2> m_cells; // continuing, infilling
};

} // namespace palimpsest
