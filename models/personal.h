// What makes a model write like one person: low-rank additions to the base's matrices, W + s B A, trained on that
// person's prose (models/tuning_model.h). They are added once, when a model is opened, to both streams: the base that
// verifies drafts takes the voice too, and drafting costs what it did. Internal to models/; file format: checkpoint.md.
//
// Source: LoRA (arXiv 2106.09685).
#pragma once

#include "models/model_config.h"
#include "models/stored_weights.h"

#include <array>
#include <filesystem>

namespace palimpsest {

// The matrices of a layer, by their names in base.safetensors.
inline constexpr std::array<const char*, 4> kPersonalMatrices{"qkv", "output", "gate_up", "down"};

// (N, K) of such a matrix.
std::array<std::int64_t, 2> personalShape(const ModelConfig& config, std::string_view matrix);

// Immutable once loaded.
class PersonalAdapters {
public:
    static constexpr double kMaxStrength = 1.5;

    // `strength`: above 0 … kMaxStrength. NotFound, Corrupt; Unsupported when the file was made for another base.
    static Result<PersonalAdapters> load(const std::filesystem::path& file, const ModelConfig& config, double strength);

    // matrix (N, K) f32 gains s B A in place.
    void addTo(torch::Tensor& matrix, int layer, std::string_view name) const;

    const std::string& digest() const { return m_digest; } // of tensors and strength, hex

private:
    struct Pair {
        torch::Tensor inward, outward; // A (R, K), B (N, R): f32 on the CPU
    };
    std::vector<std::array<Pair, kPersonalMatrices.size()>> m_layers;
    double m_strength = 1;
    std::string m_digest;
};

} // namespace palimpsest
