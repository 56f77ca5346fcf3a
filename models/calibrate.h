// The noise schedule of an embedding table (models/noise_schedule.h).
#pragma once

#include "models/noise_schedule.h"

#include <cstdint>
#include <span>
#include <torch/torch.h>

namespace palimpsest {

struct CalibrationOptions {
    int samples = 1000;
    std::uint64_t seed = 0;
};

// Rows (t, log alpha-bar), 201 of them, such that nearest-embedding decoding of a soft state of one of `ids` errs with
// probability t, rescaled so that t runs from 0 to 1 between log alpha-bar = log 0.25 and log 1e-5.
//
// A sample e + k s n (k = sqrt((1 - abar) / abar), n standard normal) is decoded wrongly exactly when k exceeds
//   min over v of  |e_v - e|^2 / (2 s (e_v - e) . n)   where the denominator is positive,
// so one product with the table gives each sample's whole curve: no grid of levels is searched.
//
// embedding (V, D) f32; ids: tokens of ordinary text, or drawn like it, so that frequent ones count.
std::vector<NoiseSchedule::Row> calibrateSchedule(const torch::Tensor& embedding, std::span<const std::int64_t> ids,
                                                  const CalibrationOptions& options);

// Ids drawn by Zipf's law over the order of a vocabulary: a stand-in for text where there is none, since vocabularies
// are ordered roughly by frequency. `allowed` in that order.
std::vector<std::int64_t> drawByRank(std::span<const std::int64_t> allowed, int count, std::uint64_t seed);

} // namespace palimpsest
