// Sparse attention against this machine's peak, against dense attention, and against a Longformer-style composition in
// ATen, all in one run. No Torch in this header.
#pragma once

#include "engine/base/result.h"
#include "engine/commands/bench_report.h"

#include <string>
#include <vector>

namespace palimpsest {

struct AttentionBenchOptions {
    std::vector<int> lengths = {8192}; // 256 … 131,072
    int threads = 1;
    bool backward = true;
    int longestDense = 16384;   // beyond it the CPU's dense peer is left out: its time grows with the square
    std::string device = "cpu"; // or "cuda", "cuda:N"
};

// On the CPU f32 and bf16, on a GPU f16 and bf16: against the peak (of a GPU: what its large matrix products reach), dense
// attention and the composition. 6 heads of 64, both ways, window 128, grid of every 4th key 128 further each way, 64 globals (global queries are
// not benched); and the cached block of a drafting pass. Blocks for a minute or so at 8,192.
// NotFound, with the reason, when a GPU is asked for and none answers.
Result<std::vector<BenchRow>> benchAttention(const AttentionBenchOptions& options);

} // namespace palimpsest
