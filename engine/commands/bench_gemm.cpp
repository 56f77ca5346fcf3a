#include "engine/commands/bench_products.h"

#include "engine/inference/torch_errors.h"
#include "kernels/cpu/peak.h"
#include "kernels/torch/weight_product.h"

#include <ATen/Parallel.h>

namespace palimpsest {
namespace {

struct Kind {
    WeightType type;
    const char* name;
    torch::ScalarType peerType; // of rows and weights in at::linear
    const char* peer;
    const char* peakName;
    double peak; // of one core
};

struct Shape {
    std::int64_t k, columns;
    std::string name() const { return std::to_string(k) + " to " + std::to_string(columns); }
};
constexpr Shape kShapes[] = {{576, 3072}, {1536, 576}}; // gate and up; down

void benchProduct(std::vector<BenchRow>& table, const Kind& kind, const Shape& shape,
                  const ProductsBenchOptions& options) {
    torch::manual_seed(1);
    std::vector<torch::Tensor> plain; // (N, K)
    std::vector<PreparedWeight> prepared;
    for (int l = 0; l < benchLayers(1); ++l) {
        plain.push_back(torch::randn({shape.columns, shape.k}).to(kind.peerType));
        prepared.push_back(prepareWeight(plain.back(), kind.type));
    }
    for (const int rows : options.rows) {
        const auto x = torch::randn({rows, shape.k}), peerX = x.to(kind.peerType);
        const int layers = benchLayers(rows);
        const auto inTurn = [&](const auto& product) {
            const auto all = [&] {
                for (int l = 0; l < layers; ++l) product(std::size_t(l));
            };
            return bestMs(all, options.threads, options.seconds) / layers;
        };
        const std::string what = std::string(kind.name) + ", " + shape.name();
        const double ms = inTurn([&](std::size_t l) { (void)weightProduct(x, prepared[l]); });
        const double flops = 2.0 * rows * double(shape.k * shape.columns);
        table.push_back({what, rows, ms, kind.peer, inTurn([&](std::size_t l) { (void)at::linear(peerX, plain[l]); })});
        table.push_back({what, rows, ms, kind.peakName, flops / (kind.peak * options.threads) * 1e3});
    }
}

} // namespace

Result<std::vector<BenchRow>> benchGemm(const ProductsBenchOptions& options) {
    try {
        const torch::InferenceMode noGradients;
        at::set_num_threads(options.threads);
        const Kind kinds[] = {
            {WeightType::F32, "f32", torch::kFloat32, "at::linear in f32", "f32 peak", peakFlops(false)},
            {WeightType::Bf16, "bf16", torch::kBFloat16, "at::linear in bf16", "bf16 peak", peakFlops(true)},
            {WeightType::Int8, "int8", torch::kBFloat16, "at::linear in bf16", "int8 peak", peakInt8Ops()}};
        std::vector<BenchRow> table;
        for (const Kind& kind : kinds)
            for (const Shape& shape : kShapes) benchProduct(table, kind, shape, options);
        return table;
    } catch (const std::exception& exception) {
        return errorOf(exception, "cpu");
    }
}

} // namespace palimpsest
