// The tiny model opened, once per program and kind.
#pragma once

#include "models/model.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/tiny_model.h"

#include <stdexcept>

namespace palimpsest::test {

inline const Model& tinyModel(bool withDenoiser = true) {
    static const auto open = [](bool denoiser) {
        const ScratchFolder scratch; // an open model needs its files no longer
        const auto folder = writeTinyModel(scratch.path() / "tiny", denoiser);
        if (!folder) throw std::runtime_error(folder.error().message);
        auto model = Model::open(*folder, {});
        if (!model) throw std::runtime_error(model.error().message);
        return *std::move(model);
    };
    static const std::unique_ptr<Model> models[] = {open(false), open(true)};
    return *models[withDenoiser];
}

inline std::vector<std::int64_t> someIds(std::size_t count, std::uint64_t seed = 1) {
    std::vector<std::int64_t> ids;
    for (std::size_t i = 0; i < count; ++i) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        ids.push_back(std::int64_t(3 + (seed >> 33) % 300));
    }
    return ids;
}

inline torch::Tensor encode(const Model& model, CleanContext& context, std::vector<std::int64_t> ids,
                            std::int64_t first) {
    const CleanInput input{&context, std::move(ids), first};
    return model.clean(std::span(&input, 1)).front();
}

// Largest difference, relative to the largest value. One pass or several add in another order: f32 rounding is left.
inline double apart(const torch::Tensor& a, const torch::Tensor& b) {
    if (a.sizes() != b.sizes()) return 1e9;
    return ((a - b).abs().max() / b.abs().max()).item<double>();
}
constexpr double kRounding = 1e-5;

} // namespace palimpsest::test
