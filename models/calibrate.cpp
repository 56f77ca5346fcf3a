#include "models/calibrate.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace palimpsest {
namespace {

constexpr int kRows = 201;
constexpr std::int64_t kBatch = 128;    // samples whose products with the table are held at once
const double kEasiest = std::log(0.25); // log alpha-bar at t = 0
const double kHardest = std::log(1e-5); // and at t = 1
constexpr double kSmallestStep = 1e-6;  // of log alpha-bar between rows

// Each sample's log alpha-bar below which it is decoded wrongly.
std::vector<double> breakingPoints(const torch::Tensor& embedding, const torch::Tensor& ids,
                                   const torch::Tensor& noise) {
    const auto mean = embedding.mean(0);
    const auto halfNorms = (embedding - mean).square_().sum(1).div_(2); // (V)
    const double scale = std::sqrt(halfNorms.mean().item<double>() * 2 / double(embedding.size(1)));
    std::vector<double> points;
    for (std::int64_t begin = 0; begin < ids.size(0); begin += kBatch) {
        const auto some = ids.narrow(0, begin, std::min(kBatch, ids.size(0) - begin));
        const auto e = embedding.index_select(0, some) - mean, n = noise.narrow(0, begin, some.size(0)) * scale;
        const auto own = some.unsqueeze(1);
        // |e_v - e|^2 / 2 = |e_v|^2 / 2 + |e|^2 / 2 - e_v . e, all centred; own column 0
        auto distance = at::mm(e, embedding.t()).neg_().add_(at::mv(e, mean).unsqueeze(1)).add_(halfNorms);
        distance.add_(halfNorms.index_select(0, some).unsqueeze(1));
        auto along = at::mm(n, embedding.t()); // e_v . n up to a constant, which the difference removes
        along.sub_(along.gather(1, own).clone());
        auto limit = distance.clamp_min_(0).div_(along);
        limit.masked_fill_(along <= 0, INFINITY);
        limit.scatter_(1, own, INFINITY);
        const auto k = std::get<0>(limit.min(1)).to(torch::kFloat64).contiguous();
        for (std::int64_t i = 0; i < k.size(0); ++i) {
            const double noiseRatio = k.data_ptr<double>()[i];
            points.push_back(-std::log1p(noiseRatio * noiseRatio));
        }
    }
    return points;
}

} // namespace

std::vector<NoiseSchedule::Row> calibrateSchedule(const torch::Tensor& embedding, std::span<const std::int64_t> ids,
                                                  const CalibrationOptions& options) {
    const c10::InferenceMode guard;
    const std::int64_t dimensions = embedding.size(1);
    std::mt19937_64 random(options.seed);
    auto chosen = torch::empty({options.samples}, torch::kInt64);
    auto noise = torch::empty({options.samples, dimensions});
    std::normal_distribution<float> normal;
    for (int i = 0; i < options.samples; ++i) chosen.data_ptr<std::int64_t>()[i] = ids[random() % ids.size()];
    for (std::int64_t i = 0; i < noise.numel(); ++i) noise.data_ptr<float>()[i] = normal(random);

    // Sorted from the first to break to the last; those outside the range make up its two ends.
    auto points = breakingPoints(embedding, chosen, noise);
    std::erase_if(points, [](double p) { return p >= kEasiest || p <= kHardest || std::isnan(p); });
    std::ranges::sort(points, std::greater());
    std::vector<double> knots{kEasiest};
    knots.insert(knots.end(), points.begin(), points.end());
    knots.push_back(kHardest);
    std::vector<NoiseSchedule::Row> rows;
    for (int i = 0; i < kRows; ++i) {
        const double t = double(i) / (kRows - 1), at = t * double(knots.size() - 1);
        const auto left = std::min(std::size_t(at), knots.size() - 2);
        const double value = knots[left] + (at - double(left)) * (knots[left + 1] - knots[left]);
        rows.push_back({t, rows.empty() ? value : std::min(value, rows.back().logAlphaBar - kSmallestStep)});
    }
    return rows;
}

std::vector<std::int64_t> drawByRank(std::span<const std::int64_t> allowed, int count, std::uint64_t seed) {
    constexpr double kOffset = 2.7; // Mandelbrot's: the very first ranks are not quite as frequent as Zipf says
    std::vector<double> cumulative;
    double total = 0;
    for (std::size_t rank = 0; rank < allowed.size(); ++rank)
        cumulative.push_back(total += 1 / (double(rank) + kOffset));
    std::mt19937_64 random(seed);
    std::vector<std::int64_t> ids;
    for (int i = 0; i < count; ++i) {
        const double at = double(random() >> 11) * 0x1p-53 * total;
        const auto found = std::ranges::upper_bound(cumulative, at);
        ids.push_back(allowed[std::min(std::size_t(found - cumulative.begin()), allowed.size() - 1)]);
    }
    return ids;
}

} // namespace palimpsest
