// Sparse attention in Torch: the definition against plain loops in double, and the operation against the definition,
// forward and backward.
#include "kernels/torch/sparse_attention.h"

#include "kernels/reference/attention_reference.h"
#include "kernels/torch/library.h"
#include "tests/support/cases.h"

#include <algorithm>
#include <numeric>
#include <torch/csrc/autograd/custom_function.h>

namespace palimpsest {
namespace {

const SparsePattern kSmall{5, 3, 4, 2};

// Sums of K and of R terms in f32, of values of order one.
constexpr double kTolerance = 64 * 0x1p-23;

struct Sizes {
    std::int64_t heads, keyHeads, headSize;
};

std::vector<std::int64_t> upTo(std::int64_t count) {
    std::vector<std::int64_t> positions(static_cast<std::size_t>(count));
    std::iota(positions.begin(), positions.end(), 0);
    return positions;
}

// Everything one call needs, drawn from a seed.
struct Problem {
    torch::Tensor queries;
    AttentionRows rows;
    std::vector<AttentionRun> runs;
    AttentionOwn own;

    Problem(const Sizes& s, std::vector<AttentionRun> wanted, const std::vector<std::int64_t>& positions, int layer,
            torch::ScalarType type = torch::kFloat32)
        : runs(std::move(wanted)) {
        torch::manual_seed(7 + layer);
        std::int64_t count = 0;
        bool hasOwn = false;
        for (const AttentionRun& run : runs) {
            count += run.count;
            hasOwn = hasOwn || run.own;
        }
        const auto length = std::int64_t(positions.size());
        const auto options = torch::TensorOptions(type);
        queries = torch::randn({count, s.heads, s.headSize}, options);
        // Keys and values side by side, as a context keeps them: rows with a stride.
        const auto both = torch::randn({length, 2, s.keyHeads, s.headSize}, options);
        rows = {both.select(1, 0), both.select(1, 1), torch::tensor(positions, torch::kInt64), kSmall, layer};
        if (hasOwn)
            own = {torch::randn({count, s.keyHeads, s.headSize}, options),
                   torch::randn({count, s.keyHeads, s.headSize}, options)};
    }

    Problem as(torch::ScalarType type) const {
        Problem other = *this;
        other.queries = queries.to(type);
        other.rows.keys = rows.keys.to(type);
        other.rows.values = rows.values.to(type);
        if (own.keys.defined()) other.own = {own.keys.to(type), own.values.to(type)};
        return other;
    }
};

double apart(const torch::Tensor& a, const torch::Tensor& b) {
    return a.numel() == 0 ? 0 : (a.to(torch::kFloat64) - b.to(torch::kFloat64)).abs().max().item<double>();
}

AttentionRun run(std::int64_t first, std::int64_t count, bool causal = true) {
    AttentionRun made;
    made.first = first;
    made.count = count;
    made.causal = causal;
    made.own = !causal;
    return made;
}

AttentionRun hiding(AttentionRun made, std::int64_t begin, std::int64_t end) {
    made.hiddenBegin = begin;
    made.hiddenEnd = end;
    return made;
}

CASE(patternSeesWindowGridAndGlobalsAndNothingElse) {
    const SparsePattern p{4, 3, 2, 1}; // reach 10
    std::vector<std::int64_t> seen;
    for (std::int64_t key = 0; key < 40; ++key)
        if (p.sees(20, key, 1)) seen.push_back(key);
    // 0 is global; 13, 16 and 22, 25, 28 lie on the grid of layer 1 (1 modulo 3) less than 10 away
    CHECK((seen == std::vector<std::int64_t>{0, 13, 16, 17, 18, 19, 20, 21, 22, 23, 25, 28}));
    CHECK(p.sees(20, 11, 2) && !p.sees(20, 11, 1)); // another layer, another phase
    CHECK(p.sees(20, 11, 5) && !p.sees(20, 10, 1)); // phases repeat; 10 away is out of reach
}

CASE(theDefinitionAndTheOperationAreWhatPlainLoopsGive) {
    std::vector<std::int64_t> holed;
    for (std::int64_t p = 0; p < 90; ++p)
        if (p % 7 != 3 && (p < 40 || p > 47)) holed.push_back(p);
    for (const Sizes& s : {Sizes{1, 1, 4}, Sizes{6, 2, 8}, Sizes{3, 3, 16}, Sizes{2, 1, 7}})
        for (const auto& positions : {upTo(60), holed})
            for (int layer = 0; layer < 4; ++layer)
                for (const AttentionRun& one : {run(0, 60), run(40, 1), run(39, 9, false), run(0, 3, false)}) {
                    const Problem p(s, {one}, positions, layer);
                    AttentionInput<float> in;
                    in.heads = s.heads;
                    in.keyHeads = s.keyHeads;
                    in.headSize = s.headSize;
                    in.pattern = kSmall;
                    in.phase = kSmall.phase(layer);
                    in.runs = p.runs;
                    in.queries = p.queries.data_ptr<float>();
                    in.queryStride = p.queries.stride(0);
                    in.keys = p.rows.keys.data_ptr<float>();
                    in.values = p.rows.values.data_ptr<float>();
                    in.rowStride = p.rows.keys.stride(0);
                    in.positions = positions;
                    in.ownKeys = one.own ? p.own.keys.data_ptr<float>() : nullptr;
                    in.ownValues = one.own ? p.own.values.data_ptr<float>() : nullptr;
                    in.ownStride = one.own ? p.own.keys.stride(0) : 0;
                    in.scale = float(1 / std::sqrt(double(s.headSize)));
                    const auto loops = torch::tensor(referenceAttention(in).out, torch::kFloat64)
                                           .view({one.count, s.heads, s.headSize});
                    CHECK(apart(sparseAttentionDefinition(p.queries, p.rows, p.runs, p.own).output, loops) < kTolerance)
                        << "definition, layer" << layer << "run" << one.first << one.count;
                    CHECK(apart(sparseAttention(p.queries, p.rows, p.runs, p.own).output, loops) < kTolerance)
                        << "operation, layer" << layer << "run" << one.first << one.count;
                }
}

std::vector<Problem> problems() {
    std::vector<std::int64_t> holed;
    for (std::int64_t p = 0; p < 300; ++p)
        if (p < 100 || p >= 116) holed.push_back(p);
    AttentionRun global = run(0, 2, false);
    global.own = false;
    global.seesAll = true;
    return {
        {{6, 2, 32}, {run(0, 284)}, upTo(284), 1},
        {{9, 3, 64}, {run(99, 17, false), run(99, 17, false), run(120, 9, false)}, holed, 5},
        {{4, 4, 24},
         {hiding(run(149, 17, false), 150, kEndOfText), run(0, 0), hiding(run(30, 5, false), 31, 36)},
         upTo(200),
         2},
        {{2, 1, 128}, {global, run(2, 40)}, upTo(42), 0},
        {{3, 1, 64}, {run(10, 8, false)}, {}, 0},
    };
}

CASE(theOperationAndItsGradientsAreTheDefinitions) {
    int number = 0;
    for (const Problem& problem : problems()) {
        ++number;
        const auto gradients = [&](Problem p, bool definition) {
            std::vector<torch::Tensor> leaves{p.queries.detach().requires_grad_(),
                                              p.rows.keys.detach().requires_grad_(),
                                              p.rows.values.detach().requires_grad_()};
            p.queries = leaves[0];
            p.rows.keys = leaves[1];
            p.rows.values = leaves[2];
            if (p.own.keys.defined()) {
                p.own = {p.own.keys.detach().requires_grad_(), p.own.values.detach().requires_grad_()};
                leaves.insert(leaves.end(), {p.own.keys, p.own.values});
            }
            const auto result = definition ? sparseAttentionDefinition(p.queries, p.rows, p.runs, p.own)
                                           : sparseAttention(p.queries, p.rows, p.runs, p.own);
            torch::manual_seed(3);
            const auto weights = torch::randn(result.output.sizes(), torch::kFloat64).to(result.output.scalar_type());
            (result.output * weights).sum().backward();
            std::vector<torch::Tensor> all{result.output, result.logSumExp};
            for (const auto& leaf : leaves)
                all.push_back(leaf.grad().defined() ? leaf.grad() : torch::zeros_like(leaf));
            return all;
        };
        const auto exact = gradients(problem.as(torch::kFloat64), true);
        const auto got = gradients(problem, false);
        for (std::size_t i = 0; i < exact.size(); ++i) {
            const double size =
                std::max(1.0, exact[i].numel() ? exact[i].abs().nan_to_num(0, 0, 0).max().item<double>() : 0);
            const auto finite = exact[i].isfinite();
            CHECK(finite.equal(got[i].isfinite())) << "problem" << number << "result" << i;
            CHECK(apart(exact[i].masked_select(finite), got[i].masked_select(finite)) < 8 * kTolerance * size)
                << "problem" << number << "result" << i;
        }
    }
}

CASE(halfPrecisionStaysWithinItsRounding) {
    int number = 0;
    for (const Problem& problem : problems()) {
        ++number;
        const Problem half = problem.as(torch::kBFloat16);
        const Problem exact = half.as(torch::kFloat64);
        const auto got = sparseAttention(half.queries, half.rows, half.runs, half.own);
        const auto wanted = sparseAttentionDefinition(exact.queries, exact.rows, exact.runs, exact.own);
        // The weights of the softmax and the result are rounded to eight bits each.
        CHECK(got.output.scalar_type() == torch::kBFloat16);
        CHECK(apart(got.output, wanted.output) < 8 * 0x1p-8) << "problem" << number;
    }
}

// `count` slots in preorder, none deeper than `deepest`: each hangs from the last one or from one of its ancestors.
std::vector<TreeSlot> randomTree(std::size_t count, std::int32_t deepest) {
    std::vector<TreeSlot> tree{{0, 0}};
    std::uint32_t state = 5;
    while (tree.size() < count) {
        state = state * 1664525u + 1013904223u;
        const std::int32_t most = std::min(tree.back().depth + 1, deepest);
        tree.push_back({std::int32_t(state >> 16) % (most + 1), 0});
    }
    for (std::size_t slot = 0; slot < count; ++slot) {
        std::size_t end = slot + 1;
        while (end < count && tree[end].depth > tree[slot].depth) ++end;
        tree[slot].end = std::int32_t(end);
    }
    return tree;
}

// A slot sees what it would see if the way to it stood in the rows.
CASE(aTreeSeesTheRowsAndItsAncestors) {
    std::vector<std::int64_t> holed;
    for (std::int64_t p = 0; p < 60; ++p)
        if (p % 7 != 3 && (p < 20 || p > 24)) holed.push_back(p);
    const std::vector<TreeSlot> tree = randomTree(50, 4);
    const auto count = std::int64_t(tree.size());
    CHECK(std::ranges::count(tree, 0, &TreeSlot::depth) > 1 && std::ranges::count(tree, 4, &TreeSlot::depth) > 1);
    for (const Sizes& s : {Sizes{6, 2, 8}, Sizes{9, 3, 64}, Sizes{1, 1, 16}})
        for (const auto& positions : {upTo(60), holed, upTo(0)})
            for (int layer = 0; layer < 3; ++layer) {
                constexpr std::int64_t kFirst = 60;
                const Problem p(s, {run(kFirst, count, false)}, positions, layer);
                std::vector<torch::Tensor> expected;
                for (std::int64_t slot = 0; slot < count; ++slot) {
                    std::vector<std::int64_t> way; // its ancestors and itself
                    for (std::int64_t other = 0; other <= slot; ++other)
                        if (tree[std::size_t(other)].end > slot) way.push_back(other);
                    const auto index = torch::tensor(way, torch::kInt64);
                    AttentionRows rows = p.rows;
                    rows.keys = at::cat({rows.keys, p.own.keys.index_select(0, index)});
                    rows.values = at::cat({rows.values, p.own.values.index_select(0, index)});
                    rows.positions =
                        at::cat({rows.positions, torch::arange(kFirst, kFirst + index.size(0), torch::kInt64)});
                    const AttentionRun one{kFirst + index.size(0) - 1, 1};
                    CHECK(one.first == kFirst + tree[std::size_t(slot)].depth);
                    expected.push_back(
                        sparseAttentionDefinition(p.queries.narrow(0, slot, 1), rows, std::span(&one, 1)).output);
                }
                const auto wanted = at::cat(expected);
                CHECK(apart(treeAttention(p.queries, p.rows, kFirst, tree, p.own), wanted) < kTolerance) << layer;
                CHECK(apart(treeAttentionComposed(p.queries, p.rows, kFirst, tree, p.own), wanted) < kTolerance)
                    << "composed" << layer;
                const Problem half = p.as(torch::kBFloat16);
                CHECK(apart(treeAttention(half.queries, half.rows, kFirst, tree, half.own), wanted) < 16 * 0x1p-8)
                    << "bf16" << layer;
            }
}

CASE(typesWithoutAKernelTakeTheDefinitionWithItsGradients) {
    Problem p(Sizes{2, 1, 4}, {run(3, 5, false)}, upTo(12), 1, torch::kFloat64);
    p.queries.requires_grad_();
    const auto through = sparseAttention(p.queries, p.rows, p.runs, p.own).output;
    through.pow(2).sum().backward();
    const auto got = p.queries.grad().clone();
    const double step = 1e-6;
    const c10::NoGradGuard guard;
    for (std::int64_t i = 0; i < p.queries.numel(); i += 7) {
        auto flat = p.queries.view(-1);
        const double value = flat[i].item<double>();
        const auto loss = [&](double at) {
            flat[i] = at;
            return sparseAttentionDefinition(p.queries, p.rows, p.runs, p.own).output.pow(2).sum().item<double>();
        };
        const double slope = (loss(value + step) - loss(value - step)) / (2 * step);
        flat[i] = value;
        CHECK(std::abs(slope - got.view(-1)[i].item<double>()) < 1e-6) << i;
    }
}

CASE(shapesThatDoNotFitAreRefusedAndMetaTensorsHaveTheRightOnes) {
    const Problem p(Sizes{4, 2, 8}, {run(0, 10)}, upTo(10), 0);
    const auto refused = [&](const torch::Tensor& queries, const AttentionRows& rows) {
        try {
            (void)sparseAttention(queries, rows, p.runs);
            return false;
        } catch (const c10::Error&) {
            return true;
        }
    };
    CHECK(refused(p.queries.narrow(0, 0, 9), p.rows));
    CHECK(refused(p.queries.narrow(1, 0, 3), p.rows));
    CHECK(refused(p.queries.narrow(2, 0, 4), p.rows));
    AttentionRows fewer = p.rows;
    fewer.positions = fewer.positions.narrow(0, 0, 3);
    CHECK(refused(p.queries, fewer));
    AttentionRows meta = p.rows;
    meta.keys = meta.keys.to(torch::kMeta);
    meta.values = meta.values.to(torch::kMeta);
    const auto result = sparseAttention(p.queries.to(torch::kMeta), meta, p.runs);
    CHECK(result.output.sizes() == p.queries.sizes() && result.logSumExp.size(1) == 4);
}

} // namespace
} // namespace palimpsest
