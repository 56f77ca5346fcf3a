#include "engine/training/evaluation_table.h"

#include "engine/training/train_log.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

namespace palimpsest {
namespace {

constexpr const char* kNames[] = {"left", "infill"};

double ratio(double sum, double count) {
    return count > 0 ? sum / count : 0;
}

} // namespace

void EvaluationTable::add(const DocumentLoss& document, bool infill) {
    for (const TargetLoss& target : document.targets) {
        const auto* level = std::ranges::find(kEvaluationLevels, target.level);
        if (level == std::end(kEvaluationLevels)) continue;
        Cell& cell = m_cells[infill][std::size_t(level - kEvaluationLevels)];
        ++cell.count;
        cell.crossEntropy += double(target.crossEntropy);
        cell.correct += target.correct;
        if (target.position >= kEvaluationBlock) continue;
        ++cell.counts[std::size_t(target.position)];
        cell.byPosition[std::size_t(target.position)] += double(target.crossEntropy);
        if (!target.sequential) continue;
        ++cell.sequentialCounts[std::size_t(target.position)];
        cell.sequential[std::size_t(target.position)] += double(*target.sequential);
    }
}

std::vector<double> EvaluationTable::values() const {
    std::vector<double> all;
    for (const auto& kind : m_cells)
        for (const Cell& cell : kind) {
            all.insert(all.end(), {cell.count, cell.crossEntropy, cell.correct});
            for (const auto* each : {&cell.byPosition, &cell.counts, &cell.sequential, &cell.sequentialCounts})
                all.insert(all.end(), each->begin(), each->end());
        }
    return all;
}

void EvaluationTable::setValues(const std::vector<double>& values) {
    auto at = values.begin();
    for (auto& kind : m_cells)
        for (Cell& cell : kind) {
            cell.count = *at++;
            cell.crossEntropy = *at++;
            cell.correct = *at++;
            for (auto* each : {&cell.byPosition, &cell.counts, &cell.sequential, &cell.sequentialCounts})
                for (double& value : *each) value = *at++;
        }
}

double EvaluationTable::overTargets(double Cell::*sum) const {
    double all = 0, count = 0;
    for (const auto& kind : m_cells)
        for (const Cell& cell : kind) {
            all += cell.*sum;
            count += cell.count;
        }
    return ratio(all, count);
}

double EvaluationTable::mean() const {
    return overTargets(&Cell::crossEntropy);
}

double EvaluationTable::accuracy() const {
    return overTargets(&Cell::correct);
}

nlohmann::ordered_json EvaluationTable::toJson() const {
    nlohmann::ordered_json json;
    json["mean"] = mean();
    for (std::size_t kind = 0; kind < 2; ++kind)
        for (std::size_t level = 0; level < kLevels; ++level) {
            const Cell& cell = m_cells[kind][level];
            nlohmann::ordered_json row{{"level", double(kEvaluationLevels[level])},
                                       {"targets", cell.count},
                                       {"cross_entropy", ratio(cell.crossEntropy, cell.count)}};
            if (accuracy() > 0) row["accuracy"] = ratio(cell.correct, cell.count);
            for (const int position : LossSums::kPositions)
                row["by_position"].push_back(
                    ratio(cell.byPosition[std::size_t(position - 1)], cell.counts[std::size_t(position - 1)]));
            for (const int position : LossSums::kPositions)
                if (const auto p = std::size_t(position - 1); cell.sequentialCounts[p] > 0)
                    row["sequential"].push_back(
                        {{"position", position}, {"cross_entropy", cell.sequential[p] / cell.sequentialCounts[p]}});
            json[kNames[kind]].push_back(row);
        }
    return json;
}

std::string EvaluationTable::line() const {
    std::string text = "held out, t = 1 / 0.6 / 0.3:";
    for (std::size_t kind = 0; kind < 2; ++kind) {
        text += std::string(" ") + kNames[kind];
        for (const Cell& cell : m_cells[kind]) {
            char number[32];
            std::snprintf(number, sizeof number, " %.3f", ratio(cell.crossEntropy, cell.count));
            text += number;
        }
    }
    return text;
}

} // namespace palimpsest
