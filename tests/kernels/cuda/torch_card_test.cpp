// Tensors handed to the CUDA kernels: what comes back is the definition's, from the emulation or from a device.
#include "kernels/torch/routed_experts_card.h"
#include "kernels/torch/sparse_attention_card.h"
#include "tests/kernels/cuda/torch_subject.h"

#include <cmath>

namespace palimpsest {
namespace {

using torch::Tensor;

#define NEEDS_CARD()                                                                                                   \
    if (!torchSubject().card) return ::palimpsest::test::skip(torchSubject().reason)

std::vector<torch::ScalarType> types() {
    std::vector<torch::ScalarType> all{torch::kFloat16};
    if (torchSubject().bf16) all.push_back(torch::kBFloat16);
    return all;
}

Tensor draw(std::vector<std::int64_t> shape, torch::ScalarType type) {
    return torch::randn(shape).to(type).to(torchSubject().device);
}

double distance(const Tensor& a, const Tensor& b) {
    const auto got = a.detach().to(torch::kCPU, torch::kFloat64), wanted = b.detach().to(torch::kCPU, torch::kFloat64);
    return ((got - wanted).norm() / wanted.norm().clamp_min(1e-30)).item<double>();
}

// Results, and the weights or products between two sums, are rounded to 16 bits: a few independent roundings.
double tolerance(torch::ScalarType type) {
    return 4 * (type == torch::kBFloat16 ? 0x1p-8 : 0x1p-11);
}

constexpr std::int64_t kHeads = 4, kKeyHeads = 2, kSize = 32, kRows = 150;

struct Problem {
    Tensor queries;
    AttentionRows rows;
    std::vector<AttentionRun> runs;
    AttentionOwn own;

    AttentionTensors tensors() const { return {queries, rows, runs, own}; }
    // The same numbers in f32.
    Problem wide(bool gradients) const {
        const auto leaf = [&](const Tensor& x) {
            return x.detach().to(torch::kCPU, torch::kFloat32).contiguous().requires_grad_(gradients);
        };
        Problem p{leaf(queries), rows, runs, {leaf(own.keys), leaf(own.values)}};
        p.rows.keys = leaf(rows.keys);
        p.rows.values = leaf(rows.values);
        return p;
    }
};

// Keys and values lie side by side, as the model keeps them; positions have a hole; runs of every kind.
Problem problem(torch::ScalarType type, int layer = 1) {
    torch::manual_seed(3);
    Problem p;
    p.runs = {{.first = 40, .count = 30},
              {.first = 151, .count = 9, .causal = false, .own = true, .hiddenBegin = 60, .hiddenEnd = 90},
              {.first = 7, .count = 1, .seesAll = true},
              {.first = 3, .count = 0}};
    const std::int64_t count = 40;
    p.queries = draw({count, kHeads, kSize}, type);
    const Tensor both = draw({kRows, 2, kKeyHeads, kSize}, type), own = draw({count, 2, kKeyHeads, kSize}, type);
    Tensor positions = torch::arange(kRows, torch::kInt64);
    positions.narrow(0, 100, kRows - 100) += 20;
    p.rows = {both.select(1, 0), both.select(1, 1), positions, {8, 4, 6, 3}, layer};
    p.own = {own.select(1, 0), own.select(1, 1)};
    return p;
}

bool sameBits(const Tensor& a, const Tensor& b) {
    return a.defined() == b.defined() && (!a.defined() || at::equal(a, b));
}

CASE(attentionOnTheCardIsTheDefinition) {
    NEEDS_CARD();
    for (const auto type : types())
        for (int layer = 0; layer < 5; ++layer) { // four phases, and the first again
            const Problem p = problem(type, layer), wide = p.wide(false);
            const auto got = attentionForwardOnCard(*torchSubject().card, p.tensors());
            CHECK(got.has_value());
            if (!got) continue;
            const AttentionResult wanted = sparseAttentionDefinition(wide.queries, wide.rows, wide.runs, wide.own);
            CHECK(got->output.scalar_type() == type && got->logSumExp.scalar_type() == torch::kFloat32);
            CHECK(distance(got->output, wanted.output) <= tolerance(type))
                << layer << distance(got->output, wanted.output);
            CHECK(distance(got->logSumExp, wanted.logSumExp) <= tolerance(type)) << layer;
        }
}

CASE(plansAreNotMistakenForOneAnother) {
    NEEDS_CARD();
    Problem p = problem(torch::kFloat16);
    const auto first = attentionForwardOnCard(*torchSubject().card, p.tensors());
    const auto differs = [&] {
        const auto got = attentionForwardOnCard(*torchSubject().card, p.tensors());
        const Problem wide = p.wide(false);
        const auto wanted = sparseAttentionDefinition(wide.queries, wide.rows, wide.runs, wide.own).output;
        CHECK(distance(got->output, wanted) <= tolerance(torch::kFloat16));
        return !sameBits(got->output, first->output);
    };
    CHECK(!differs());
    p.rows.positions = p.rows.positions + 1;
    CHECK(differs());
    p.rows.positions = p.rows.positions - 1;
    p.runs[1].hiddenEnd = 150;
    CHECK(differs());
    p.runs[1].hiddenEnd = 90;
    p.rows.pattern.globals = 0;
    CHECK(differs());
}

CASE(gradientsOnTheCardAreThoseOfTheDefinition) {
    NEEDS_CARD();
    for (const auto type : types()) {
        const Problem p = problem(type), wide = p.wide(true);
        const auto forward = attentionForwardOnCard(*torchSubject().card, p.tensors());
        const Tensor gradient = draw({p.queries.size(0), kHeads, kSize}, type);
        const AttentionSaved saved{gradient, forward->output, forward->logSumExp};
        const auto got = attentionBackwardOnCard(*torchSubject().card, p.tensors(), saved, true);
        CHECK(got.has_value());
        if (!got) continue;
        sparseAttentionDefinition(wide.queries, wide.rows, wide.runs, wide.own)
            .output.backward(gradient.to(torch::kCPU, torch::kFloat32));
        const auto& [queries, keys, values, ownKeys, ownValues] = *got;
        const auto near = [&](const char* what, const Tensor& result, const Tensor& leaf) {
            CHECK(distance(result, leaf.grad()) <= 2 * tolerance(type)) << what << distance(result, leaf.grad());
        };
        near("queries", queries, wide.queries);
        near("keys", keys, wide.rows.keys);
        near("values", values, wide.rows.values);
        near("own keys", ownKeys, wide.own.keys);
        near("own values", ownValues, wide.own.values);
        const auto again = attentionBackwardOnCard(*torchSubject().card, p.tensors(), saved, true);
        CHECK(sameBits(std::get<1>(*again), keys) && sameBits(std::get<3>(*again), ownKeys)) << "does not repeat";
        const auto own = attentionBackwardOnCard(*torchSubject().card, p.tensors(), saved, false);
        CHECK(!std::get<1>(*own).defined() && !std::get<2>(*own).defined() && sameBits(std::get<3>(*own), ownKeys));
    }
}

CASE(rowsAnyDistanceApartGiveTheSameBits) {
    NEEDS_CARD();
    const Problem p = problem(torch::kFloat16);
    const auto wanted = attentionForwardOnCard(*torchSubject().card, p.tensors());
    // Rows a number of bytes apart that the kernels cannot load from, and beginning at such a place.
    const auto odd = [](const Tensor& x) {
        const std::int64_t rows = x.size(0), each = x.size(1) * x.size(2);
        Tensor wide = torch::zeros({rows, each + 3}, x.options());
        wide.narrow(1, 1, each).copy_(x.reshape({rows, each}));
        return wide.narrow(1, 1, each).unflatten(1, {x.size(1), x.size(2)});
    };
    Problem apart = p;
    apart.queries = odd(p.queries);
    apart.rows.keys = odd(p.rows.keys); // values stay where they are: another stride
    apart.own.values = odd(p.own.values);
    const auto got = attentionForwardOnCard(*torchSubject().card, apart.tensors());
    CHECK(got && sameBits(got->output, wanted->output) && sameBits(got->logSumExp, wanted->logSumExp));
}

CASE(nothingToAttendIsNoWork) {
    NEEDS_CARD();
    Problem p = problem(torch::kFloat16);
    p.queries = p.queries.narrow(0, 0, 0);
    p.own = {p.own.keys.narrow(0, 0, 0), p.own.values.narrow(0, 0, 0)};
    p.runs = {{.first = 3, .count = 0}};
    const auto got = attentionForwardOnCard(*torchSubject().card, p.tensors());
    CHECK(got && got->output.size(0) == 0 && got->logSumExp.size(1) == kHeads);
    const auto gradients =
        attentionBackwardOnCard(*torchSubject().card, p.tensors(), {got->output, got->output, got->logSumExp}, true);
    CHECK(gradients && (std::get<1>(*gradients) == 0).all().item<bool>());
}

RoutedExperts experts(torch::ScalarType type, std::int64_t rows) {
    torch::manual_seed(5);
    constexpr std::int64_t kWidth = 72, kExperts = 5, kInner = 40;
    auto [shares, chosen] = torch::rand({rows, kExperts}).topk(2, -1);
    const Tensor x = draw({rows, 2 * kWidth}, type).narrow(1, kWidth, kWidth); // rows apart
    const auto spread = 1 / std::sqrt(double(kWidth));
    return {x,
            chosen.to(torchSubject().device),
            shares.to(type).to(torchSubject().device),
            draw({kExperts * 2 * kInner, kWidth}, type) * spread,
            draw({kWidth, kExperts * kInner}, type) * spread,
            kExperts};
}

CASE(expertsOnTheCardAreTheDefinition) {
    NEEDS_CARD();
    for (const auto type : types())
        for (const std::int64_t rows : {1, 9, 130}) {
            const RoutedExperts e = experts(type, rows);
            const auto got = expertsForwardOnCard(*torchSubject().card, e);
            CHECK(got.has_value());
            if (!got) continue;
            const auto leaf = [](const Tensor& x) {
                return x.detach().to(torch::kCPU, torch::kFloat32).contiguous().requires_grad_();
            };
            const RoutedExperts wide{leaf(e.x),      e.chosen.cpu(),  leaf(e.shares),
                                     leaf(e.inward), leaf(e.outward), e.experts};
            const Tensor gradient = draw({rows, e.x.size(1)}, type), sum = routedExpertsDefinition(wide);
            sum.backward(gradient.to(torch::kCPU, torch::kFloat32));
            CHECK(distance(got->sum, sum) <= tolerance(type)) << rows << distance(got->sum, sum);
            const auto back = expertsBackwardOnCard(*torchSubject().card, e, got->kept, gradient);
            CHECK(back.has_value());
            if (!back) continue;
            const auto near = [&](const char* what, const Tensor& result, const Tensor& of) {
                CHECK(result.scalar_type() == type && distance(result, of.grad()) <= 2 * tolerance(type))
                    << what << rows << distance(result, of.grad());
            };
            near("x", back->x, wide.x);
            near("shares", back->shares, wide.shares);
            near("inward", back->inward, wide.inward);
            near("outward", back->outward, wide.outward);
            const auto again = expertsForwardOnCard(*torchSubject().card, e);
            CHECK(sameBits(again->sum, got->sum)) << "does not repeat";
        }
}

CASE(whatTheKernelsDoNotTakeIsLeftToTheDefinition) {
    NEEDS_CARD();
    Problem p = problem(torch::kFloat16);
    const auto cut = [](const Tensor& x) { return x.narrow(2, 0, 24).contiguous(); };
    p.queries = cut(p.queries);
    p.rows.keys = cut(p.rows.keys);
    p.rows.values = cut(p.rows.values);
    p.own = {cut(p.own.keys), cut(p.own.values)};
    CHECK(!attentionForwardOnCard(*torchSubject().card, p.tensors()));
    p = problem(torch::kFloat16);
    p.rows.positions = p.rows.positions + (std::int64_t(1) << 30);
    CHECK(!attentionForwardOnCard(*torchSubject().card, p.tensors()));
    RoutedExperts e = experts(torch::kFloat16, 3);
    e.x = e.x.narrow(1, 0, 60);
    e.inward = e.inward.narrow(1, 0, 60);
    e.outward = e.outward.narrow(0, 0, 60);
    CHECK(!expertsForwardOnCard(*torchSubject().card, e));
}

// A table that refuses every call.
template<cuda::Status kStatus>
Card refusing() {
    static const cuda::CudaKernels table = [] {
        cuda::CudaKernels kernels{};
        kernels.lastError = [] { return "an illegal memory access"; };
        kernels.attentionForward = [](const cuda::AttentionCall*, void*) { return kStatus; };
        kernels.expertsForward = [](const cuda::ExpertsCall*, void*) { return kStatus; };
        return kernels;
    }();
    return {&table, nullptr};
}

CASE(anOldCardIsLeftToTheDefinitionAndAFailedLaunchThrows) {
    NEEDS_CARD();
    const Problem p = problem(torch::kFloat16);
    const RoutedExperts e = experts(torch::kFloat16, 3);
    CHECK(!attentionForwardOnCard(refusing<cuda::Status::OldCard>(), p.tensors()));
    CHECK(!expertsForwardOnCard(refusing<cuda::Status::OldCard>(), e));
    std::string message;
    try {
        attentionForwardOnCard(refusing<cuda::Status::LaunchFailed>(), p.tensors());
    } catch (const c10::Error& error) {
        message = error.what_without_backtrace();
    }
    CHECK(message.find("illegal memory access") != std::string::npos) << message;
}

// Where tensors are on a device, the operations of Torch get there by themselves.
CASE(theOperationsTakeTheKernelsOfTheirDevice) {
    NEEDS_CARD();
    if (torchSubject().device.is_cpu()) return test::skip("the operations have kernels of their own on the CPU");
    const Problem p = problem(torch::kFloat16);
    const auto wanted = attentionForwardOnCard(*torchSubject().card, p.tensors());
    const Tensor queries = p.queries.clone().requires_grad_();
    const AttentionResult got = sparseAttention(queries, p.rows, p.runs, p.own);
    CHECK(sameBits(got.output.detach(), wanted->output));
    const Tensor gradient = torch::ones_like(got.output);
    got.output.backward(gradient);
    const auto back = attentionBackwardOnCard(*torchSubject().card, p.tensors(),
                                              {gradient, wanted->output, wanted->logSumExp}, false);
    CHECK(sameBits(queries.grad(), std::get<0>(*back)));
    RoutedExperts e = experts(torch::kFloat16, 30);
    const auto sum = expertsForwardOnCard(*torchSubject().card, e);
    e.inward = e.inward.clone().requires_grad_();
    const Tensor out = routedExperts(e);
    CHECK(sameBits(out.detach(), sum->sum));
    out.backward(torch::ones_like(out));
    CHECK(e.inward.grad().defined() && e.inward.grad().isfinite().all().item<bool>());
}

CASE(withoutADeviceNothingIsLoaded) {
    CHECK(!cardFor(torch::zeros({8}, torch::kFloat16)));
    CHECK(!cardFor(torch::zeros({8})));
}

} // namespace
} // namespace palimpsest
