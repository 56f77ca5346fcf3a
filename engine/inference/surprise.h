// How surprising tokens are to the base, one pass of the clean stream over them.
#pragma once

#include "models/model.h"

#include <stop_token>
#include <vector>

namespace palimpsest {

// Nats of each of `ids`, which follow all that `context` holds (its lastHidden (D) predicts the first of them). Blocks;
// checks `stop` before every pass: fewer than ids.size() then. To be called in inference mode; throws as Model does.
std::vector<float> surprisesOf(const Model& model, CleanContext context, const torch::Tensor& lastHidden,
                               std::span<const std::int64_t> ids, const std::stop_token& stop);

} // namespace palimpsest
