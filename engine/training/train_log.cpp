#include "engine/training/train_log.h"

#include "engine/data/durable_file.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

namespace palimpsest {
namespace {

using Json = nlohmann::ordered_json;

// null for a mean of nothing.
Json mean(double sum, double count) {
    return count > 0 ? Json(sum / count) : Json();
}

} // namespace

void LossSums::add(const DocumentLoss& document) {
    if (document.targets.empty()) return;
    ++m_documents;
    m_loss += document.loss;
    m_balance += document.balance;
    m_slots += double(document.slots);
    m_cleanTokens += double(document.cleanTokens);
    for (const TargetLoss& target : document.targets) {
        const int band = std::clamp(int(std::ceil(target.level * kBands)) - 1, 0, kBands - 1);
        const auto count = [&](Sum& sum) {
            ++sum.count;
            sum.crossEntropy += double(target.crossEntropy);
            sum.divergence += double(target.divergence);
            sum.sequentialCount += target.sequential.has_value();
            sum.sequential += double(target.sequential.value_or(0));
        };
        count(m_bands[std::size_t(band)]);
        const auto* position = std::ranges::find(kPositions, target.position + 1);
        if (position != kPositions.end()) count(m_positions[std::size_t(position - kPositions.begin())]);
    }
    for (std::size_t i = 0; i < std::min(m_load.size(), document.load.size()); ++i)
        m_load[i] += double(document.load[i]);
}

std::vector<double> LossSums::values() const {
    std::vector<double> all{m_documents, m_loss, m_balance, m_slots, m_cleanTokens};
    const auto add = [&](const Sum& sum) {
        all.insert(all.end(), {sum.count, sum.crossEntropy, sum.divergence, sum.sequentialCount, sum.sequential});
    };
    std::ranges::for_each(m_bands, add);
    std::ranges::for_each(m_positions, add);
    all.insert(all.end(), m_load.begin(), m_load.end());
    return all;
}

void LossSums::setValues(const std::vector<double>& values) {
    auto at = values.begin();
    for (double* value : {&m_documents, &m_loss, &m_balance, &m_slots, &m_cleanTokens}) *value = *at++;
    const auto take = [&](Sum& sum) {
        for (double* value : {&sum.count, &sum.crossEntropy, &sum.divergence, &sum.sequentialCount, &sum.sequential})
            *value = *at++;
    };
    std::ranges::for_each(m_bands, take);
    std::ranges::for_each(m_positions, take);
    std::copy(at, values.end(), m_load.begin());
}

double LossSums::targets() const {
    double count = 0;
    for (const Sum& band : m_bands) count += band.count;
    return count;
}

double LossSums::meanLoss() const {
    return m_documents > 0 ? m_loss / m_documents : 0;
}

double LossSums::meanCrossEntropy() const {
    double sum = 0;
    for (const Sum& band : m_bands) sum += band.crossEntropy;
    return targets() > 0 ? sum / targets() : 0;
}

Json LossSums::toJson() const {
    Json json;
    json["loss"] = meanLoss();
    json["cross_entropy"] = meanCrossEntropy();
    for (int band = 0; band < kBands; ++band) {
        const Sum& sum = m_bands[std::size_t(band)];
        json["by_level"].push_back({{"to", double(band + 1) / kBands},
                                    {"targets", sum.count},
                                    {"cross_entropy", mean(sum.crossEntropy, sum.count)},
                                    {"divergence", mean(sum.divergence, sum.count)}});
    }
    for (std::size_t p = 0; p < kPositions.size(); ++p) {
        const Sum& sum = m_positions[p];
        Json row{{"position", kPositions[p]}, {"cross_entropy", mean(sum.crossEntropy, sum.count)}};
        if (sum.sequentialCount > 0) row["sequential"] = sum.sequential / sum.sequentialCount;
        json["by_position"].push_back(row);
    }
    json["balance"] = mean(m_balance, m_documents);
    json["load"] = m_load;
    json["targets"] = targets();
    json["slots"] = m_slots;
    json["clean_tokens"] = m_cleanTokens;
    return json;
}

Result<TrainLog> TrainLog::open(const std::filesystem::path& path, std::int64_t lastStep) {
    std::string kept;
    {
        std::ifstream before(path, std::ios::binary);
        for (std::string line; std::getline(before, line);) {
            const Json json = Json::parse(line, nullptr, false);
            if (json.is_object() && json.contains("step") && json["step"].is_number_integer() &&
                json["step"].get<std::int64_t>() <= lastStep)
                kept += line + "\n";
        }
    }
    if (auto written = writeDurably(path, kept); !written) return written.error();
    TrainLog log(path);
    log.m_file.open(path, std::ios::binary | std::ios::app);
    if (!log.m_file) return Error{ErrorCode::Io, "cannot write " + path.string()};
    return log;
}

Result<void> TrainLog::add(const Json& line) {
    m_file << line.dump() + "\n" << std::flush;
    if (!m_file) return Error{ErrorCode::Io, "cannot write " + m_path.string() + ": is there room on the disk?"};
    return {};
}

} // namespace palimpsest
