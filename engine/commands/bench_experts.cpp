#include "engine/commands/bench_products.h"

#include "engine/inference/torch_errors.h"
#include "kernels/cpu/experts.h"
#include "kernels/torch/experts.h"
#include "kernels/torch/parallel.h"
#include "kernels/torch/row_operations.h"
#include "kernels/torch/weight_product.h"

#include <ATen/Parallel.h>

namespace palimpsest {
namespace {

using torch::Tensor;

constexpr std::int64_t kWidth = 576, kExperts = 8, kInner = 64, kPerToken = 2, kActive = kPerToken * kInner;

struct Layer {
    ExpertWeights plain;
    PreparedExperts experts;
    Tensor gateUp, down; // (2 kActive, D), (D, kActive): the dense layer of as many weights as a row meets
    PreparedWeight packedGateUp, packedDown;

    explicit Layer(WeightType type) {
        const auto draw = [](std::int64_t rows, std::int64_t columns) {
            return torch::randn({rows, columns}) / std::sqrt(double(columns));
        };
        plain = {draw(kExperts, kWidth), draw(kExperts * 2 * kInner, kWidth), draw(kWidth, kExperts * kInner), kExperts,
                 kPerToken};
        experts = prepareExperts(plain, type);
        gateUp = draw(2 * kActive, kWidth);
        down = draw(kWidth, kActive);
        packedGateUp = prepareWeight(gateUp, type);
        packedDown = prepareWeight(down, type);
    }
};

struct Rows {
    Tensor x, sum;         // (N, D)
    Tensor chosen, shares; // (N, k): routes of a router of its own

    explicit Rows(std::int64_t count) : x(torch::randn({count, kWidth})), sum(torch::zeros({count, kWidth})) {
        std::tie(shares, chosen) = torch::randn({count, kExperts}).softmax(-1).topk(kPerToken, -1);
    }
};

const char* nameOf(WeightType type) {
    return type == WeightType::F32 ? "f32" : type == WeightType::Bf16 ? "bf16" : "int8";
}

void addWithGivenRoutes(Rows& rows, const PreparedExperts& e) {
    const auto bytes = [](const Tensor& t) { return static_cast<const std::byte*>(t.const_data_ptr()); };
    expertsForward(ExpertsForward<float>{{kWidth, kExperts, kInner, kPerToken},
                                         {e.type, bytes(e.inward), bytes(e.outward)},
                                         {rows.chosen.data_ptr<std::int64_t>(), rows.shares.data_ptr<float>()},
                                         rows.x.data_ptr<float>(),
                                         kWidth,
                                         rows.x.size(0),
                                         rows.sum.data_ptr<float>(),
                                         kWidth},
                   parallelFor);
}

void addDense(Rows& rows, const Layer& layer) {
    rows.sum.add_(weightProduct(gated(weightProduct(rows.x, layer.packedGateUp)), layer.packedDown));
}

void benchForward(std::vector<BenchRow>& table, WeightType type, const ProductsBenchOptions& options) {
    torch::manual_seed(1);
    std::vector<Layer> all;
    for (int l = 0; l < benchLayers(1); ++l) all.emplace_back(type);
    for (const int count : options.rows) {
        Rows rows(count);
        const std::span layers(all.data(), std::size_t(benchLayers(count)));
        const auto inTurn = [&](const auto& add) {
            const auto once = [&] {
                for (const Layer& layer : layers) add(layer);
            };
            return bestMs(once, options.threads, options.seconds) / double(layers.size());
        };
        const double dense = inTurn([&](const Layer& layer) { addDense(rows, layer); });
        const auto row = [&](const char* what, double ms) {
            table.push_back({std::string(nameOf(type)) + what, count, ms, "dense layer, our kernels", dense});
        };
        row(", with the router", inTurn([&](const Layer& l) { addExperts(rows.sum, rows.x, l.experts); }));
        // With PALIMPSEST_KERNELS=reference there is no kernel to give routes to.
        if (all[0].experts.inward.defined())
            row(", routes given", inTurn([&](const Layer& l) { addWithGivenRoutes(rows, l.experts); }));
    }
}

// A step of training: the kernel's weights change every time, so packing them is part of it.
void benchTraining(std::vector<BenchRow>& table, const ProductsBenchOptions& options) {
    torch::manual_seed(1);
    const at::AutoGradMode gradients(true);
    const Layer layer(WeightType::F32);
    const auto leaf = [](const Tensor& t) { return t.detach().clone().requires_grad_(); };
    for (const int count : options.rows) {
        const Rows rows(count);
        const RoutedExperts e{
            leaf(rows.x), rows.chosen, leaf(rows.shares), leaf(layer.plain.inward), leaf(layer.plain.outward),
            kExperts};
        const auto step = [&] {
            (void)torch::autograd::grad({routedExperts(e)}, {e.x, e.shares, e.inward, e.outward}, {rows.x});
        };
        const Tensor x = leaf(rows.x), gateUp = leaf(layer.gateUp), down = leaf(layer.down);
        const auto denseStep = [&] {
            const auto both = at::linear(x, gateUp).chunk(2, 1);
            (void)torch::autograd::grad({at::linear(at::silu(both[0]) * both[1], down)}, {x, gateUp, down}, {rows.x});
        };
        table.push_back({"f32, forward and backward", count, bestMs(step, options.threads, options.seconds),
                         "dense layer in ATen", bestMs(denseStep, options.threads, options.seconds)});
    }
}

} // namespace

Result<std::vector<BenchRow>> benchExperts(const ProductsBenchOptions& options) {
    try {
        const torch::NoGradGuard noGradients;
        at::set_num_threads(options.threads);
        std::vector<BenchRow> table;
        for (const WeightType type : {WeightType::F32, WeightType::Bf16, WeightType::Int8})
            benchForward(table, type, options);
        benchTraining(table, options);
        return table;
    } catch (const std::exception& exception) {
        return errorOf(exception, "cpu");
    }
}

} // namespace palimpsest
