// The frozen base: pre-RMSNorm, RoPE on interleaved pairs, grouped-query attention, SwiGLU. Its matrices are fused
// (queries, keys and values in one product; gate and up in one) as stored. Internal to models/.
#pragma once

#include "kernels/torch/weight_product.h"
#include "models/model_config.h"
#include "models/personal.h"
#include "models/stored_weights.h"

#include <functional>
#include <optional>
#include <span>
#include <torch/torch.h>
#include <vector>

namespace palimpsest {

struct BackboneLayer {
    torch::Tensor attentionNorm;   // (D)
    StoredMatrix qkv;              // ((H + 2G) K, D): query rows, key rows, value rows
    StoredMatrix output;           // (D, H K)
    torch::Tensor feedForwardNorm; // (D)
    StoredMatrix gateUp;           // (2F, D): gate rows, up rows
    StoredMatrix down;             // (D, F)
};

// The same matrices made ready for drafting.
struct BackboneProducts {
    PreparedWeight qkv, output, gateUp, down;
};

// How matrices are made ready: packed in this type for the kernels of the CPU, or (nothing) used as they are.
using ProductType = std::optional<WeightType>;
PreparedWeight readyProduct(const torch::Tensor& weight, ProductType type);
PreparedWeight readyProduct(const StoredMatrix& weight, ProductType type);

// Constant once loaded, and once prepareProducts() was called where passes of drafting are to run.
class Backbone {
public:
    // `products`: what prepareProducts() will be asked for; for Int8 on the CPU int8 rows stay where they lie in the
    // file, and only then do a layer's matrices hold any.
    static Result<Backbone> load(const SafetensorsFile& file, const ModelConfig& config, torch::Device device,
                                 torch::ScalarType dtype, torch::ScalarType weightDtype, ProductType products = {});

    const BackboneLayer& layer(int index) const { return m_layers[std::size_t(index)]; }
    const torch::Tensor& embedding() const { return m_embedding; } // (V, D)
    const torch::Tensor& head() const { return m_head; }           // (V, D): the embedding when tied
    const torch::Tensor& finalNorm() const { return m_finalNorm; } // (D)
    // Of the rotations of queries and keys, by position: (K / 2) f32, as the base was trained.
    const torch::Tensor& turnRates() const { return m_turnRates; }
    std::int64_t parameters() const { return m_parameters; }

    // Matrices become what models/personal.h says, in products() and matrix(), not in layer(). Before prepareProducts().
    void stack(PersonalAdapters personal) { m_personal = std::move(personal); }

    // A copy in f32 of a matrix of a layer, by its name in the file, with what was stacked on it.
    torch::Tensor matrix(int layer, std::string_view name) const;

    // Takes others for all its tensors, by their names in base.safetensors, of the same shapes: those being trained.
    void replace(const std::function<torch::Tensor(const std::string&)>& tensor);

    // Blocks while the matrices are packed, layers in parallel on Torch's threads.
    void prepareProducts(ProductType type);
    const BackboneProducts& products(int layer) const { return m_products[std::size_t(layer)]; }
    const PreparedWeight& headProduct() const { return m_headProduct; }

    // x (N, D) gains `added` (N, D; undefined: nothing) in place; -> its norm times weight, (N, D).
    torch::Tensor addAndNorm(torch::Tensor& x, const torch::Tensor& added, const torch::Tensor& weight) const;

    // The rotations of positions (N): (N, K / 2, 2) f32, cosine and sine.
    torch::Tensor turns(const torch::Tensor& positions) const;

    // Normed input (N, D) -> (N, H + 2G, K): queries, keys and values, positions rotated into the first two.
    torch::Tensor project(const torch::Tensor& x, const PreparedWeight& qkv, const torch::Tensor& turns) const;

    // Normed input (N, D) -> the feed-forward's output (N, D).
    torch::Tensor feedForward(const torch::Tensor& h, const BackboneProducts& layer) const;

private:
    std::vector<BackboneLayer> m_layers;
    std::vector<BackboneProducts> m_products;
    PreparedWeight m_headProduct;
    std::optional<PersonalAdapters> m_personal;
    torch::Tensor m_embedding, m_head, m_finalNorm;
    torch::Tensor m_turnRates;
    std::int64_t m_heads = 0, m_keyHeads = 0, m_headSize = 0, m_parameters = 0;
    double m_epsilon = 0;
};

} // namespace palimpsest
