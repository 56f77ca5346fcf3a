// The noise schedule and its calibration.
#include "models/calibrate.h"

#include "tests/support/cases.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace palimpsest {
namespace {

CASE(alphaBarRunsStraightInItsLogarithm) {
    const NoiseSchedule s({{0, -1}, {0.5, -3}, {1, -4}});
    CHECK(std::abs(std::log(s.alphaBar(0.25)) + 2) < 1e-12 && std::abs(std::log(s.alphaBar(0.75)) + 3.5) < 1e-12);
    CHECK(std::abs(std::log(s.alphaBar(0)) + 1) < 1e-12 && std::abs(std::log(s.alphaBar(0.5)) + 3) < 1e-12);
    CHECK(s.alphaBar(-1) == s.alphaBar(0) && s.alphaBar(2) == s.alphaBar(1));
}

CASE(onlySoundSchedulesAreValid) {
    CHECK(NoiseSchedule::isValid({{0, -1}, {1, -2}}));
    CHECK(!NoiseSchedule::isValid({}) && !NoiseSchedule::isValid({{0, -1}}));
    CHECK(!NoiseSchedule::isValid({{0, -2}, {1, -1}}) && !NoiseSchedule::isValid({{0, -1}, {0.9, -2}}));
    CHECK(!NoiseSchedule::isValid({{0, -1}, {0.5, -2}, {0.5, -3}, {1, -4}}));
    CHECK(!NoiseSchedule::isValid({{0, NAN}, {1, -1}}) && !NoiseSchedule::isValid({{0, 0}, {1, -1}}));
}

// Soft states made anew at the calibrated levels, decoded by the nearest embedding: the share of errors is t, but for
// the rescaling (no more than the share that breaks outside the range) and sampling: three standard errors of each.
CASE(nearestEmbeddingDecodingErrsWithProbabilityT) {
    torch::manual_seed(1);
    const std::int64_t tokens = 300, width = 256, draws = 4000;
    const auto embedding = torch::randn({tokens, width}) * (0.5 + torch::rand({tokens, 1})) + 0.3;
    std::vector<std::int64_t> ids(static_cast<std::size_t>(tokens));
    std::iota(ids.begin(), ids.end(), 0);
    const CalibrationOptions options{draws, 3};
    const NoiseSchedule schedule(calibrateSchedule(embedding, ids, options));
    CHECK(NoiseSchedule::isValid(schedule.rows()) && schedule.rows().size() == 201);

    const auto centred = embedding - embedding.mean(0);
    const double scale = centred.square().mean().sqrt().item<double>();
    const auto halfNorms = centred.square().sum(1) / 2;
    for (double t : {0.1, 0.3, 0.5, 0.8, 0.95}) {
        const double a = schedule.alphaBar(t);
        const auto chosen = torch::randint(tokens, {draws});
        const auto state =
            std::sqrt(a) * centred.index_select(0, chosen) + std::sqrt(1 - a) * scale * torch::randn({draws, width});
        const auto decoded = (torch::mm(state / std::sqrt(a), centred.t()) - halfNorms).argmax(1);
        const double errs = (decoded != chosen).to(torch::kFloat64).mean().item<double>();
        const double error = std::sqrt(2 * t * (1 - t) / double(draws));
        CHECK(std::abs(errs - t) < 3 * error + 0.02) << "t" << t << "errs" << errs;
    }
}

CASE(ranksAreDrawnByZipf) {
    std::vector<std::int64_t> allowed(1000);
    std::iota(allowed.begin(), allowed.end(), 50);
    const auto ids = drawByRank(allowed, 100000, 1);
    const auto share = [&](std::int64_t id) { return double(std::ranges::count(ids, id)) / 1e5; };
    CHECK(std::ranges::all_of(ids, [](std::int64_t id) { return id >= 50 && id < 1050; }));
    CHECK(std::abs(share(50) / share(59) - (9 + 2.7) / 2.7) < 0.4) << share(50) << share(59);
    CHECK(drawByRank(allowed, 10, 7) == drawByRank(allowed, 10, 7));
}

} // namespace
} // namespace palimpsest
