// Learning how one person writes: the base's clean stream with gradients to low-rank additions alone (models/personal.h),
// trained to predict the next token of that person's prose. What it computes is what Model::clean() computes with the
// file it writes: a test compares them.
//
// Source: LoRA (arXiv 2106.09685). Shape letters: models/shapes.h.
#pragma once

#include "models/backbone.h"
#include "models/evidence.h"
#include "models/training_parameters.h"

#include <filesystem>
#include <map>
#include <memory>
#include <span>

namespace palimpsest {

struct TuningOptions {
    torch::Device device = torch::kCPU;
    // Of the base and of activations: f32, bf16 (masters and losses stay f32), or f64 (everything, for tests).
    torch::ScalarType dtype = torch::kFloat32;
    int rank = 8;           // of the additions; 1 … 256
    std::uint64_t seed = 1; // of the matrices A; B begins as zero: nothing is added
};

// Used by one thread; Torch's own do the work. Passes may throw c10::Error and std::bad_alloc.
class TuningModel {
public:
    // Blocks while weights are mapped and converted. NotFound, Corrupt, OutOfMemory.
    static Result<std::unique_ptr<TuningModel>> open(const std::filesystem::path& folder, const TuningOptions& options);

    const ModelConfig& config() const { return m_config; }
    TrainingParameters& parameters() { return m_parameters; }

    // One text forward and back: adds `scale` times the gradient of its mean cross-entropy to the parameters'
    // gradients. `ids`: two or more. -> that mean, nats.
    double learn(std::span<const std::int64_t> ids, double scale);
    // Forward only. -> the sum over all tokens but the first, nats.
    double evaluate(std::span<const std::int64_t> ids) const;

    // The normed hidden states (L, D) of `ids`: for tests.
    torch::Tensor hidden(std::span<const std::int64_t> ids) const;

    // A personal file (models/checkpoint.md) of `values`, laid out as parameters().values(): atomic. `notes` go into its
    // metadata.
    Result<void> write(const std::filesystem::path& path, const torch::Tensor& values,
                       std::map<std::string, std::string> notes) const;

private:
    TuningModel(ModelConfig config, const TuningOptions& options, Backbone base);
    torch::Tensor product(const torch::Tensor& x, int layer, const char* name, const StoredMatrix& matrix) const;
    torch::Tensor attended(const torch::Tensor& h, int layer, const torch::Tensor& rotation) const;
    torch::Tensor normed(const torch::Tensor& x, const torch::Tensor& weight) const;
    torch::Tensor run(std::span<const std::int64_t> ids) const; // (L, D) normed

    ModelConfig m_config;
    TuningOptions m_options;
    Backbone m_base;
    torch::ScalarType m_wide;  // of masters and losses
    torch::Tensor m_halfNorms; // as Evidence has them
    TrainingParameters m_parameters;
};

} // namespace palimpsest
