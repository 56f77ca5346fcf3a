#include "engine/commands/bench_attention.h"

#include "engine/inference/torch_errors.h"
#include "kernels/cpu/peak.h"
#include "kernels/torch/sparse_attention.h"

#include <ATen/Parallel.h>
#include <cmath>

namespace palimpsest {
namespace {

using torch::Tensor;

constexpr std::int64_t kHeads = 6, kHeadSize = 64;
const SparsePattern kPattern{128, 4, 128, 64};

// Pairs of query and key that the pattern allows, over all heads.
double usefulPairs(std::int64_t length) {
    double pairs = 0;
    const std::int64_t reach = kPattern.reach();
    for (std::int64_t q = 0; q < length; ++q) {
        for (std::int64_t k = std::max<std::int64_t>(0, q - reach); k < std::min(length, q + reach); ++k)
            pairs += kPattern.sees(q, k, 0);
        if (q - reach > 0) pairs += double(std::min<std::int64_t>(kPattern.globals, q - reach));
    }
    return pairs * double(kHeads);
}

// (H, L, K) -> (H, chunks, width, K): the keys from `before` ahead of each chunk on. Keys outside the text are zeros.
Tensor unfolded(const Tensor& x, std::int64_t chunk, std::int64_t before, std::int64_t width) {
    const std::int64_t chunks = x.size(1) / chunk;
    const auto padded = at::constant_pad_nd(x, {0, 0, before, width});
    return padded.unfold(1, width, chunk).narrow(1, 0, chunks).transpose(2, 3);
}

// Longformer in ATen: window, grid and globals as batched products over chunks of queries, one softmax. The masks are
// made once, outside the measured time. q, k, v (H, L, K)
class ChunkedComposition {
public:
    ChunkedComposition(std::int64_t length, torch::ScalarType type) : m_length(length) {
        const std::int64_t chunks = length / kChunk, gridWidth = gridKeys();
        Tensor mask = torch::full({chunks, kChunk, kNear + gridWidth + kPattern.globals},
                                  -std::numeric_limits<float>::infinity());
        auto* value = mask.data_ptr<float>();
        for (std::int64_t c = 0; c < chunks; ++c)
            for (std::int64_t i = 0; i < kChunk; ++i) {
                const std::int64_t q = c * kChunk + i;
                for (std::int64_t j = 0; j < kNear; ++j, ++value)
                    allow(value, c * kChunk - kChunk + j, std::abs(c * kChunk - kChunk + j - q) < kPattern.window);
                for (std::int64_t j = 0; j < gridWidth; ++j, ++value) {
                    const std::int64_t k = (c * kChunk - gridBefore()) + j * kPattern.dilation;
                    const std::int64_t distance = std::abs(k - q);
                    allow(value, k, distance >= kPattern.window && distance < kPattern.reach());
                }
                for (std::int64_t j = 0; j < kPattern.globals; ++j, ++value) *value = 0;
            }
        m_mask = mask.to(type);
    }

    Tensor operator()(const Tensor& q, const Tensor& k, const Tensor& v) const {
        const std::int64_t chunks = m_length / kChunk, gridWidth = gridKeys(), step = kPattern.dilation;
        const auto queries = (q * (1 / std::sqrt(double(kHeadSize)))).view({kHeads, chunks, kChunk, kHeadSize});
        const auto grid = [&](const Tensor& x) {
            return unfolded(x.slice(1, 0, m_length, step), kChunk / step, gridBefore() / step, gridWidth);
        };
        const auto nearK = unfolded(k, kChunk, kChunk, kNear), nearV = unfolded(v, kChunk, kChunk, kNear);
        const auto gridK = grid(k), gridV = grid(v);
        const auto globalK = k.narrow(1, 0, kPattern.globals).unsqueeze(1);
        const auto globalV = v.narrow(1, 0, kPattern.globals).unsqueeze(1);
        const auto scores =
            at::cat({at::matmul(queries, nearK.transpose(2, 3)), at::matmul(queries, gridK.transpose(2, 3)),
                     at::matmul(queries, globalK.transpose(2, 3))},
                    -1);
        const auto weights = (scores + m_mask).softmax(-1);
        const auto parts = weights.split_with_sizes({kNear, gridWidth, std::int64_t(kPattern.globals)}, -1);
        const auto out = at::matmul(parts[0], nearV) + at::matmul(parts[1], gridV) + at::matmul(parts[2], globalV);
        return out.view({kHeads, m_length, kHeadSize});
    }

private:
    static constexpr std::int64_t kChunk = 128, kNear = 3 * kChunk; // the window is one chunk each way
    // Multiples of the dilation and at least the reach before a chunk.
    static std::int64_t gridBefore() { return (kPattern.reach() + kChunk - 1) / kChunk * kChunk; }
    static std::int64_t gridKeys() { return (2 * gridBefore() + kChunk) / kPattern.dilation; }
    void allow(float* value, std::int64_t key, bool seen) const {
        // Globals have a place of their own.
        if (seen && key >= kPattern.globals && key < m_length) *value = 0;
    }

    std::int64_t m_length;
    Tensor m_mask; // (chunks, kChunk, keys)
};

struct Inputs {
    Tensor q, k, v; // (L, H, K)
    AttentionRows rows;
    AttentionRun run;

    Inputs(std::int64_t length, torch::ScalarType type) {
        torch::manual_seed(1);
        const auto draw = [&] { return torch::randn({length, kHeads, kHeadSize}).to(type); };
        q = draw();
        k = draw();
        v = draw();
        rows = {k, v, torch::arange(length, torch::kInt64), kPattern, 0};
        run.count = length;
        run.causal = false;
    }
    Tensor sparse() const { return sparseAttention(q, rows, std::span(&run, 1)).output; }
};

// Two products of K multiply-adds a pair forward; five backward.
double flops(double pairs, bool backward) {
    return pairs * 2 * double(kHeadSize) * (backward ? 5 : 2);
}

void benchForward(std::vector<BenchRow>& rows, int length, torch::ScalarType type, const AttentionBenchOptions& o) {
    const bool half = type == torch::kBFloat16;
    const std::string what = half ? "forward bf16" : "forward f32";
    const Inputs in(length, type);
    const double ms = bestMs([&] { (void)in.sparse(); });
    const double peak = double(o.threads) * peakFlops(half);
    rows.push_back({what, length, ms, half ? "bf16 peak" : "f32 peak", flops(usefulPairs(length), false) / peak * 1e3});
    const auto q = in.q.transpose(0, 1).contiguous(), k = in.k.transpose(0, 1).contiguous(),
               v = in.v.transpose(0, 1).contiguous(); // (H, L, K), as the peers like them best
    if (length <= o.longestDense)
        rows.push_back({what, length, ms, "dense scaled_dot_product_attention", bestMs([&] {
                            (void)at::scaled_dot_product_attention(q.unsqueeze(0), k.unsqueeze(0), v.unsqueeze(0));
                        })});
    if (length % 128 == 0) {
        const ChunkedComposition chunked(length, type);
        rows.push_back({what, length, ms, "chunked Longformer in ATen", bestMs([&] { (void)chunked(q, k, v); })});
    }
}

void benchBackward(std::vector<BenchRow>& rows, int length, torch::ScalarType type, const AttentionBenchOptions& o) {
    const bool half = type == torch::kBFloat16;
    const std::string what = half ? "backward bf16" : "backward f32";
    const Inputs in(length, type);
    const at::AutoGradMode gradients(true);
    AttentionRows leaf = in.rows;
    const Tensor q = in.q.clone().requires_grad_();
    leaf.keys = in.k.clone().requires_grad_();
    leaf.values = in.v.clone().requires_grad_();
    const Tensor out = sparseAttention(q, leaf, std::span(&in.run, 1)).output;
    const Tensor ones = torch::randn(out.sizes()).to(type);
    const double ms = bestMs([&] { (void)torch::autograd::grad({out}, {q, leaf.keys, leaf.values}, {ones}, true); });
    const double peak = double(o.threads) * peakFlops(half);
    rows.push_back({what, length, ms, half ? "bf16 peak" : "f32 peak", flops(usefulPairs(length), true) / peak * 1e3});
    if (length % 128 != 0 || length > o.longestDense) return;
    const auto leaves = [&](const Tensor& x) { return x.transpose(0, 1).contiguous().requires_grad_(); };
    const Tensor cq = leaves(in.q), ck = leaves(in.k), cv = leaves(in.v);
    const ChunkedComposition chunked(length, type);
    const Tensor composed = chunked(cq, ck, cv);
    const Tensor g = torch::randn(composed.sizes()).to(type);
    rows.push_back({what, length, ms, "chunked Longformer in ATen", bestMs([&] {
                        (void)torch::autograd::grad({composed}, {cq, ck, cv}, {g}, true);
                    })});
}

// One layer of a drafting pass: a block behind a long text, against a gather of what it sees and dense attention over
// that, which is what it would be without a kernel.
void benchBlock(std::vector<BenchRow>& rows, torch::ScalarType type) {
    torch::manual_seed(1);
    const std::int64_t length = 4096, heads = 9, keyHeads = 3;
    const SparsePattern pattern{256, 8, 128, 16};
    const Tensor both = torch::randn({length, 2, keyHeads, kHeadSize}).to(type);
    const AttentionRows context{both.select(1, 0), both.select(1, 1), torch::arange(length, torch::kInt64), pattern, 3};
    std::vector<std::int64_t> seen;
    for (std::int64_t k = 0; k < length; ++k)
        if (pattern.sees(length, k, 3)) seen.push_back(k);
    const Tensor index = torch::tensor(seen, torch::kInt64);
    for (const std::int64_t slots : {9, 17, 33, 65}) {
        AttentionRun run;
        run.first = length - 1;
        run.count = slots;
        run.causal = false;
        run.own = true;
        const Tensor q = torch::randn({slots, heads, kHeadSize}).to(type);
        const AttentionOwn own{torch::randn({slots, keyHeads, kHeadSize}).to(type),
                               torch::randn({slots, keyHeads, kHeadSize}).to(type)};
        const double ms = bestMs([&] { (void)sparseAttention(q, context, std::span(&run, 1), own); }, 0.2);
        const double gathered = bestMs(
            [&] {
                const auto k = at::cat({context.keys.index_select(0, index), own.keys}).transpose(0, 1);
                const auto v = at::cat({context.values.index_select(0, index), own.values}).transpose(0, 1);
                (void)at::scaled_dot_product_attention(q.transpose(0, 1).unsqueeze(0),
                                                       k.repeat_interleave(heads / keyHeads, 0).unsqueeze(0),
                                                       v.repeat_interleave(heads / keyHeads, 0).unsqueeze(0));
            },
            0.2);
        rows.push_back({type == torch::kBFloat16 ? "cached block bf16" : "cached block f32", int(slots), ms,
                        "gather + dense in ATen", gathered});
    }
}

} // namespace

Result<std::vector<BenchRow>> benchAttention(const AttentionBenchOptions& options) {
    try {
        const torch::NoGradGuard noGradients;
        at::set_num_threads(options.threads);
        std::vector<BenchRow> rows;
        for (const torch::ScalarType type : {torch::kFloat32, torch::kBFloat16}) {
            for (const int length : options.lengths) {
                benchForward(rows, length, type, options);
                if (options.backward) benchBackward(rows, length, type, options);
            }
            benchBlock(rows, type);
        }
        return rows;
    } catch (const std::exception& exception) {
        return errorOf(exception, "cpu");
    }
}

} // namespace palimpsest
