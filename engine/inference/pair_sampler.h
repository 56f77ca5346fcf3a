// Turns a source into a target with a model of pairs: all target positions at once, from noise, over a number of passes.
// Sources: DPM-Solver++ 2M on the data prediction (Lu et al., arXiv 2211.01095), ancestral steps (Ho et al., 2006.11239),
// clamping to embeddings where the model predicts them (Li et al., 2205.14217).
#pragma once

#include "models/model.h"

#include <filesystem>
#include <stop_token>

namespace palimpsest {

struct PairSampling {
    int steps = 16;         // passes; 1 … 100000
    bool ancestral = false; // noise is drawn in every step; else only the first state is noise, and the rest is an ODE
    double noise = 1;       // 0 … 1: deviation of what is drawn, as a share of the trained one; a kind of temperature
    std::uint64_t seed = 1; // of the first source; the others' follow
};

// Used by one thread. Passes may throw as Model's do.
class PairSampler {
public:
    // `folder`: where `model` was opened. Both must outlive it. Unsupported for a model that was not trained on pairs.
    static Result<PairSampler> open(const Model& model, const std::filesystem::path& folder);

    // `count` targets of each source, one after the other: tokens, as many as the model was trained to write.
    // Blocks; fewer than asked once `stop` is requested.
    std::vector<std::vector<std::int64_t>> sample(const std::vector<std::vector<std::int64_t>>& sources, int count,
                                                  const PairSampling& sampling, std::stop_token stop) const;

private:
    // Where a state stands on its way: share of the data in it, and deviation of its noise.
    struct Level {
        double t = 0, share = 0, spread = 0;
    };
    struct Prediction {
        torch::Tensor data; // (N, T, D): embeddings, as seen from the absorbing vector
        torch::Tensor ids;  // (N, T) int64: likeliest
    };
    explicit PairSampler(const Model& model) : m_model(&model) {}
    Level levelAt(double t) const;
    std::vector<Level> levels(int steps) const;
    Prediction predict(std::vector<NoisedBlock>& blocks, const torch::Tensor& states, double t) const;
    torch::Tensor run(std::vector<NoisedBlock>& blocks, const PairSampling& sampling, std::uint64_t seed,
                      const std::stop_token& stop) const;

    const Model* m_model;
    std::int64_t m_slots = 0;
    bool m_absorbing = true;
    double m_scale = 1;        // deviation of pure noise
    torch::Tensor m_embedding; // (V, D) f32
    torch::Tensor
        m_projection; // (D, D): hidden states to embeddings; undefined: the head's probabilities are the prediction
};

} // namespace palimpsest
