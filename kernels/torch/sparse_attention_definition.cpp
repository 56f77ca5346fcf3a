#include "kernels/torch/sparse_attention.h"

#include <cmath>
#include <limits>
#include <tuple>
#include <utility>
#include <vector>

namespace palimpsest {
namespace {

constexpr std::int64_t kChunk = 256; // queries that share one gather

// A run of consecutive queries, all of them in `run`.
struct Chunk {
    const AttentionRun* run = nullptr;
    std::int64_t at = 0;    // of its first query in `queries`
    std::int64_t first = 0; // its position
    std::int64_t count = 0;
    std::int64_t ownBegin = 0; // of the run's own rows
};

// The query positions that see a key: [first, last].
std::pair<std::int64_t, std::int64_t> seenFrom(const SparsePattern& pattern, int layer, const AttentionRun& run,
                                               std::int64_t key) {
    constexpr std::int64_t kFar = std::numeric_limits<std::int64_t>::max() / 4;
    if (key >= run.hiddenBegin && key < run.hiddenEnd) return {1, 0};
    const bool global = run.seesAll || key < pattern.globals;
    const bool grid = key % pattern.dilation == pattern.phase(layer);
    const std::int64_t radius = global ? kFar : grid ? pattern.reach() : pattern.window;
    return {run.causal ? key : key - radius + 1, key + radius - 1};
}

struct Seen {
    torch::Tensor rows; // (R) int64
    torch::Tensor mask; // (count, R + own): 0 seen, -inf not
};

Seen whatIsSeen(const AttentionRows& rows, const Chunk& chunk) {
    const auto positions = rows.positions.contiguous();
    const auto* key = positions.data_ptr<std::int64_t>();
    std::vector<std::int64_t> seen;
    std::vector<std::pair<std::int64_t, std::int64_t>> intervals;
    for (std::int64_t r = 0; r < positions.size(0); ++r) {
        const auto interval = seenFrom(rows.pattern, rows.layer, *chunk.run, key[r]);
        if (interval.first >= chunk.first + chunk.count || interval.second < chunk.first) continue;
        seen.push_back(r);
        intervals.push_back(interval);
    }
    const std::int64_t count = std::int64_t(seen.size()), own = chunk.run->own ? chunk.run->count : 0;
    torch::Tensor mask = torch::zeros({chunk.count, count + own});
    auto* value = mask.data_ptr<float>();
    for (std::int64_t q = 0; q < chunk.count; ++q, value += own)
        for (std::int64_t k = 0; k < count; ++k, ++value) {
            const auto [first, last] = intervals[std::size_t(k)];
            if (chunk.first + q < first || chunk.first + q > last) *value = -std::numeric_limits<float>::infinity();
        }
    return {torch::tensor(seen, torch::kInt64), mask};
}

std::vector<Chunk> chunksOf(std::span<const AttentionRun> runs) {
    std::vector<Chunk> chunks;
    std::int64_t begin = 0;
    for (const AttentionRun& run : runs) {
        for (std::int64_t done = 0; done < run.count; done += kChunk)
            chunks.push_back({&run, begin + done, run.first + done, std::min(kChunk, run.count - done), begin});
        begin += run.count;
    }
    return chunks;
}

// (N, heads, K) -> (G, heads / G, N, K): query heads that share a key head side by side.
torch::Tensor grouped(const torch::Tensor& x, std::int64_t keyHeads) {
    return x.unflatten(1, {keyHeads, x.size(1) / keyHeads}).permute({1, 2, 0, 3});
}

std::pair<torch::Tensor, torch::Tensor> attendChunk(const torch::Tensor& queries, const AttentionRows& rows,
                                                    const Chunk& chunk, const AttentionOwn& own) {
    const auto type = queries.scalar_type() == torch::kFloat64 ? torch::kFloat64 : torch::kFloat32;
    const std::int64_t keyHeads = rows.keys.size(1), heads = queries.size(1), size = queries.size(2);
    const Seen seen = whatIsSeen(rows, chunk);
    const auto index = seen.rows.to(rows.keys.device());
    auto keys = rows.keys.index_select(0, index), values = rows.values.index_select(0, index);
    if (chunk.run->own) {
        keys = at::cat({keys, own.keys.narrow(0, chunk.ownBegin, chunk.run->count)});
        values = at::cat({values, own.values.narrow(0, chunk.ownBegin, chunk.run->count)});
    }
    const auto mask = seen.mask.to(queries.device(), type); // (count, R)
    const auto some = mask.numel() == 0 ? torch::zeros({chunk.count}, mask.options())
                                        : (mask == 0).any(1).to(type); // (count): 1 where anything is seen
    const auto q = grouped(queries.narrow(0, chunk.at, chunk.count).to(type), keyHeads) / std::sqrt(double(size));
    const auto scores = at::matmul(q, grouped(keys.to(type), keyHeads).transpose(2, 3)); // (G, H/G, count, R)
    // A query that sees nothing would give no number: it is let see all, and its result is zeroed.
    const auto safe = at::where(some.unsqueeze(1) == 0, torch::zeros_like(mask), mask);
    const auto masked = scores + safe;
    torch::Tensor output = at::matmul(masked.softmax(-1), grouped(values.to(type), keyHeads)) * some.unsqueeze(1);
    const auto lse = masked.detach().logsumexp(-1).to(torch::kFloat32) + at::log(some).to(torch::kFloat32);
    return {output.permute({2, 0, 1, 3}).reshape({chunk.count, heads, size}).to(queries.scalar_type()),
            lse.permute({2, 0, 1}).reshape({chunk.count, heads})};
}

} // namespace

AttentionResult sparseAttentionDefinition(const torch::Tensor& queries, const AttentionRows& rows,
                                          std::span<const AttentionRun> runs, const AttentionOwn& own) {
    std::vector<torch::Tensor> outputs, sums;
    for (const Chunk& chunk : chunksOf(runs)) {
        auto [output, lse] = attendChunk(queries, rows, chunk, own);
        outputs.push_back(std::move(output));
        sums.push_back(std::move(lse));
    }
    if (outputs.empty())
        return {torch::zeros_like(queries),
                torch::zeros({0, queries.size(1)}, queries.options().dtype(torch::kFloat32))};
    return {at::cat(outputs), at::cat(sums)};
}

torch::Tensor treeAttentionComposed(const torch::Tensor& queries, const AttentionRows& rows, std::int64_t first,
                                    std::span<const TreeSlot> tree, const AttentionOwn& own) {
    const std::int64_t count = std::int64_t(tree.size()), keyHeads = rows.keys.size(1), size = queries.size(2);
    std::vector<AttentionRun> runs;
    torch::Tensor mask = torch::full({count, count}, -std::numeric_limits<float>::infinity()); // (N, own N)
    for (std::int64_t slot = 0; slot < count; ++slot) {
        runs.push_back({first + tree[std::size_t(slot)].depth, 1});
        mask.slice(0, slot, tree[std::size_t(slot)].end).select(1, slot).zero_();
    }
    const AttentionResult before = sparseAttention(queries, rows, runs);
    const auto keys = grouped(own.keys.to(torch::kFloat32), keyHeads);                       // (G, 1, N, K)
    const auto values = grouped(own.values.to(torch::kFloat32), keyHeads);                   // likewise
    const auto q = grouped(queries.to(torch::kFloat32), keyHeads) / std::sqrt(double(size)); // (G, H / G, N, K)
    const auto scores = at::matmul(q, keys.transpose(2, 3)) + mask.to(queries.device());
    const auto sums = before.logSumExp.unflatten(1, {keyHeads, -1}).permute({1, 2, 0}).unsqueeze(3);
    const auto shares = at::cat({sums, scores}, 3).softmax(3); // (G, H / G, N, 1 + N)
    const auto output = grouped(before.output.to(torch::kFloat32), keyHeads) * shares.narrow(3, 0, 1) +
                        at::matmul(shares.slice(3, 1), values);
    return output.permute({2, 0, 1, 3}).flatten(1, 2).to(queries.scalar_type());
}

} // namespace palimpsest
