// The frozen base: pre-RMSNorm, RoPE on interleaved pairs, grouped-query attention, SwiGLU. Its matrices are fused
// (queries, keys and values in one product; gate and up in one) as stored. Internal to models/.
#pragma once

#include "models/model_config.h"
#include "models/stored_weights.h"

#include <span>
#include <torch/torch.h>
#include <vector>

namespace palimpsest {

struct BackboneLayer {
    torch::Tensor attentionNorm;   // (D)
    torch::Tensor qkv;             // ((H + 2G) K, D): query rows, key rows, value rows
    torch::Tensor output;          // (D, H K)
    torch::Tensor feedForwardNorm; // (D)
    torch::Tensor gateUp;          // (2F, D): gate rows, up rows
    torch::Tensor down;            // (D, F)
};

// Constant once loaded.
class Backbone {
public:
    static Result<Backbone> load(const SafetensorsFile& file, const ModelConfig& config, torch::Device device,
                                 torch::ScalarType dtype, torch::ScalarType weightDtype);

    const BackboneLayer& layer(int index) const { return m_layers[std::size_t(index)]; }
    const torch::Tensor& embedding() const { return m_embedding; } // (V, D)
    const torch::Tensor& head() const { return m_head; }           // (V, D): the embedding when tied
    const torch::Tensor& finalNorm() const { return m_finalNorm; } // (D)
    std::int64_t parameters() const { return m_parameters; }

    torch::Tensor normed(const torch::Tensor& x, const torch::Tensor& weight) const;

    // The rotations of positions (N): (N, 1, K / 2) complex.
    torch::Tensor rotation(const torch::Tensor& positions) const;

    // Normed input (N, D) -> (N, H + 2G, K): queries, keys and values, positions rotated into the first two.
    torch::Tensor project(const torch::Tensor& x, const torch::Tensor& qkv, const torch::Tensor& rotation) const;

    // Adds the feed-forward output of normed input `h` to x (N, D) in place.
    void addFeedForward(torch::Tensor& x, const torch::Tensor& h, const BackboneLayer& layer) const;

private:
    std::vector<BackboneLayer> m_layers;
    torch::Tensor m_embedding, m_head, m_finalNorm;
    torch::Tensor m_frequencies; // (K / 2) f32
    std::int64_t m_heads = 0, m_keyHeads = 0, m_headSize = 0, m_feedForward = 0, m_parameters = 0;
    double m_epsilon = 0;
};

} // namespace palimpsest
