// Matrix products and experts at different numbers of rows, against LibTorch and this machine's peak in the same run.
// Shapes are those of the default model; weights come from memory, as in a pass: a layer's are met again only after those
// of the others. No Torch in this header.
#pragma once

#include "engine/base/result.h"
#include "engine/commands/bench_report.h"

#include <vector>

namespace palimpsest {

struct ProductsBenchOptions {
    std::vector<int> rows = {1, 9, 33, 65, 512, 4096}; // 1 … 65,536
    int threads = 1;
    double seconds = 0.4; // the least time of one measurement
};

// Products of f32 rows with weights packed as f32, bf16 and int8: against at::linear (in f32; of bf16 rows and weights for
// the other two) and against the peak of that kind of product. Blocks for about a minute.
Result<std::vector<BenchRow>> benchGemm(const ProductsBenchOptions& options);

// 2 of 8 experts of width 64 against one dense layer of width 128 on the same kernels; with the router, and with routes
// given; and in f32, forward and backward, against that dense layer in ATen. Blocks for about a minute.
Result<std::vector<BenchRow>> benchExperts(const ProductsBenchOptions& options);

// Layers whose weights are met in turn: as many as the default model has; with many rows arithmetic hides where
// weights come from, and few are enough.
constexpr int benchLayers(int rows) {
    return rows <= 128 ? 30 : 4;
}

} // namespace palimpsest
