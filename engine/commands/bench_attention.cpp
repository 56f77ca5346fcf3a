#include "engine/commands/bench_attention.h"

#include "engine/inference/devices.h"
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

// Where it is measured.
struct Place {
    torch::Device device = torch::kCPU;
    int threads = 1;

    // The shortest of several runs, each waited for.
    template<class Work>
    double best(const Work& work, double seconds = 0.4) const {
        return bestMs(
            [&] {
                work();
                if (device.is_cuda()) torch::cuda::synchronize(device.index());
            },
            device.is_cuda() ? 0 : threads, seconds);
    }

    // FLOP/s; of a GPU as its large products have it.
    double peak(torch::ScalarType type) const {
        if (device.is_cpu()) return threads * peakFlops(type == torch::kBFloat16);
        constexpr std::int64_t kSize = 8192;
        const auto a = torch::randn({kSize, kSize}, torch::TensorOptions(device).dtype(type));
        return 2.0 * kSize * kSize * kSize / best([&] { (void)at::matmul(a, a); }) * 1e3;
    }
};

std::string named(const char* what, torch::ScalarType type) {
    return std::string(what) + (type == torch::kFloat32 ? " f32" : type == torch::kBFloat16 ? " bf16" : " f16");
}

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
    ChunkedComposition(std::int64_t length, const torch::TensorOptions& options) : m_length(length) {
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
        m_mask = mask.to(options);
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

    Inputs(std::int64_t length, const torch::TensorOptions& options) {
        torch::manual_seed(1);
        const auto draw = [&] { return torch::randn({length, kHeads, kHeadSize}).to(options); };
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

// One size and type, and the rows its figures go to.
struct Bench {
    std::vector<BenchRow>& rows;
    const Place& place;
    torch::ScalarType type;
    int length;
    bool dense; // whether the dense peer is run

    Inputs inputs() const { return {length, options()}; }
    torch::TensorOptions options() const { return torch::TensorOptions(place.device).dtype(type); }
    void againstPeak(const std::string& what, double ms, double useful) const {
        const std::string peak = place.device.is_cuda() ? "its large products" : named("", type).substr(1) + " peak";
        rows.push_back({what, length, ms, peak, useful / place.peak(type) * 1e3});
    }
};

Tensor denseAttention(const Tensor& q, const Tensor& k, const Tensor& v) { // (H, L, K)
    return at::scaled_dot_product_attention(q.unsqueeze(0), k.unsqueeze(0), v.unsqueeze(0)).squeeze(0);
}

void benchForward(const Bench& bench) {
    const std::string what = named("forward", bench.type);
    const Inputs in = bench.inputs();
    const double ms = bench.place.best([&] { (void)in.sparse(); });
    bench.againstPeak(what, ms, flops(usefulPairs(bench.length), false));
    const auto q = in.q.transpose(0, 1).contiguous(), k = in.k.transpose(0, 1).contiguous(),
               v = in.v.transpose(0, 1).contiguous(); // (H, L, K), as the peers like them best
    const auto peer = [&](const char* name, const auto& attend) {
        bench.rows.push_back({what, bench.length, ms, name, bench.place.best([&] { (void)attend(q, k, v); })});
    };
    if (bench.dense) peer("dense scaled_dot_product_attention", denseAttention);
    if (bench.length % 128 == 0) peer("chunked Longformer in ATen", ChunkedComposition(bench.length, bench.options()));
}

void benchBackward(const Bench& bench) {
    const std::string what = named("backward", bench.type);
    const Inputs in = bench.inputs();
    const at::AutoGradMode gradients(true);
    AttentionRows leaf = in.rows;
    const Tensor q = in.q.clone().requires_grad_();
    leaf.keys = in.k.clone().requires_grad_();
    leaf.values = in.v.clone().requires_grad_();
    const auto timed = [&](const Tensor& out, const std::vector<Tensor>& leaves) {
        const Tensor gradient = torch::randn(out.sizes()).to(bench.options());
        return bench.place.best([&] { (void)torch::autograd::grad({out}, leaves, {gradient}, true); });
    };
    const double ms = timed(sparseAttention(q, leaf, std::span(&in.run, 1)).output, {q, leaf.keys, leaf.values});
    bench.againstPeak(what, ms, flops(usefulPairs(bench.length), true));
    const auto transposed = [&](const Tensor& x) { return x.transpose(0, 1).contiguous().requires_grad_(); };
    const std::vector<Tensor> leaves{transposed(in.q), transposed(in.k), transposed(in.v)};
    const auto peer = [&](const char* name, const auto& attend) {
        bench.rows.push_back({what, bench.length, ms, name, timed(attend(leaves[0], leaves[1], leaves[2]), leaves)});
    };
    if (bench.dense && bench.place.device.is_cuda()) peer("dense scaled_dot_product_attention", denseAttention);
    if (bench.length % 128 == 0 && bench.dense)
        peer("chunked Longformer in ATen", ChunkedComposition(bench.length, bench.options()));
}

// One layer of a drafting pass: a block behind a long text, against a gather of what it sees and dense attention over
// that, which is what it would be without a kernel.
void benchBlock(std::vector<BenchRow>& rows, const Place& place, torch::ScalarType type) {
    torch::manual_seed(1);
    const auto draw = [&](std::initializer_list<std::int64_t> shape) {
        return torch::randn(shape).to(torch::TensorOptions(place.device).dtype(type));
    };
    const std::int64_t length = 4096, heads = 9, keyHeads = 3;
    const SparsePattern pattern{256, 8, 128, 16};
    const Tensor both = draw({length, 2, keyHeads, kHeadSize});
    const AttentionRows context{both.select(1, 0), both.select(1, 1), torch::arange(length, torch::kInt64), pattern, 3};
    std::vector<std::int64_t> seen;
    for (std::int64_t k = 0; k < length; ++k)
        if (pattern.sees(length, k, 3)) seen.push_back(k);
    const Tensor index = torch::tensor(seen, torch::kInt64).to(place.device);
    for (const std::int64_t slots : {9, 17, 33, 65}) {
        AttentionRun run;
        run.first = length - 1;
        run.count = slots;
        run.causal = false;
        run.own = true;
        const Tensor q = draw({slots, heads, kHeadSize});
        const AttentionOwn own{draw({slots, keyHeads, kHeadSize}), draw({slots, keyHeads, kHeadSize})};
        const double ms = place.best([&] { (void)sparseAttention(q, context, std::span(&run, 1), own); }, 0.2);
        const double gathered = place.best(
            [&] {
                const auto k = at::cat({context.keys.index_select(0, index), own.keys}).transpose(0, 1);
                const auto v = at::cat({context.values.index_select(0, index), own.values}).transpose(0, 1);
                (void)at::scaled_dot_product_attention(q.transpose(0, 1).unsqueeze(0),
                                                       k.repeat_interleave(heads / keyHeads, 0).unsqueeze(0),
                                                       v.repeat_interleave(heads / keyHeads, 0).unsqueeze(0));
            },
            0.2);
        rows.push_back({named("cached block", type), int(slots), ms, "gather + dense in ATen", gathered});
    }
}

} // namespace

Result<std::vector<BenchRow>> benchAttention(const AttentionBenchOptions& options) {
    const Result<DeviceChoice> choice = chooseDevice(options.device, "auto", options.threads);
    if (!choice) return choice.error();
    const bool card = choice->cudaIndex >= 0;
    if (!card && options.device != "cpu")
        return Error{ErrorCode::NotFound, "There is no GPU to measure: " + choice->info.why};
    try {
        const torch::NoGradGuard noGradients;
        at::set_num_threads(options.threads);
        Place place{torch::kCPU, options.threads};
        if (card) place.device = torch::Device(torch::kCUDA, torch::DeviceIndex(choice->cudaIndex));
        std::vector<BenchRow> rows;
        for (const torch::ScalarType type : {card ? torch::kFloat16 : torch::kFloat32, torch::kBFloat16}) {
            for (const int length : options.lengths) {
                const Bench bench{rows, place, type, length, card || length <= options.longestDense};
                benchForward(bench);
                if (options.backward) benchBackward(bench);
            }
            benchBlock(rows, place, type);
        }
        return rows;
    } catch (const std::exception& exception) {
        return errorOf(exception, choice->info.device);
    }
}

} // namespace palimpsest
