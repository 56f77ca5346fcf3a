// Both ways of running experts against the obvious loop in double.
#include "kernels/torch/experts.h"

#include "kernels/reference/experts_reference.h"
#include "kernels/torch/weight_product.h"

#include "tests/support/cases.h"
#include <torch/csrc/jit/runtime/operator.h>

#include <cmath>

namespace palimpsest {
namespace {

std::span<const float> values(const torch::Tensor& t) {
    return {t.data_ptr<float>(), std::size_t(t.numel())};
}

struct Problem {
    torch::Tensor x, router, inward, outward; // (N, D), (E, D), (E, 2W, D), (E, D, W)
    std::int64_t perToken;

    ExpertWeights weights() const {
        const std::int64_t experts = router.size(0), width = x.size(1), inner = outward.size(2);
        return {router, inward.reshape({experts * 2 * inner, width}),
                outward.transpose(0, 1).reshape({width, experts * inner}), experts, perToken};
    }
    std::vector<double> reference() const {
        return referenceExperts({x.size(0), x.size(1), router.size(0), outward.size(2), perToken, values(x),
                                 values(router), values(inward), values(outward)});
    }
};

Problem problem(std::int64_t rows, std::int64_t experts, std::int64_t perToken) {
    torch::manual_seed(rows * 10 + experts);
    constexpr std::int64_t kWidth = 24, kInner = 6;
    return {torch::randn({rows, kWidth}), torch::randn({experts, kWidth}) * 0.3,
            torch::randn({experts, 2 * kInner, kWidth}) * 0.2, torch::randn({experts, kWidth, kInner}) * 0.2, perToken};
}

void compare(const Problem& p, const char* way,
             void (*add)(torch::Tensor&, const torch::Tensor&, const ExpertWeights&)) {
    auto sum = torch::ones_like(p.x);
    add(sum, p.x, p.weights());
    const auto wanted = p.reference();
    double worst = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) worst = std::max(worst, std::abs(values(sum)[i] - 1 - wanted[i]));
    CHECK(worst <= 32 * 0x1p-23) << way << p.x.size(0) << "rows: off by" << worst; // sums of D terms of order one
}

CASE(bothWaysEqualTheLoop) {
    for (std::int64_t rows : {1, 3, 16, 17, 130})
        for (std::int64_t perToken : {1, 2, 5}) {
            const Problem p = problem(rows, 5, perToken);
            compare(p, "all", addAllExperts);
            compare(p, "sorted", addSortedExperts);
            compare(p, "chosen", addExperts);
        }
}

CASE(noRowIsDroppedWhenAllWantOneExpert) {
    Problem p = problem(40, 8, 1);
    p.x = p.x.abs();
    p.router = -torch::ones_like(p.router);
    p.router[3].fill_(1);
    compare(p, "all", addAllExperts);
    compare(p, "sorted", addSortedExperts);
}

double distance(const torch::Tensor& a, const torch::Tensor& b) {
    const auto wanted = b.to(torch::kFloat64);
    return ((a.to(torch::kFloat64) - wanted).norm() / wanted.norm().clamp_min(1e-30)).item<double>();
}

// Roundings of three factors, added up as independent errors: twice that (as in experts_cpu_test.cpp).
double tolerance(WeightType type) {
    return 2 * std::sqrt(5.0) * (type == WeightType::F32 ? 0x1p-22 : type == WeightType::Bf16 ? 0x1p-8 : 0.01);
}

CASE(preparedExpertsEqualTheLoop) {
    for (std::int64_t rows : {1, 3, 17, 130})
        for (WeightType type : {WeightType::F32, WeightType::Bf16, WeightType::Int8}) {
            const Problem p = problem(rows, 5, 2);
            auto sum = torch::zeros_like(p.x);
            addExperts(sum, p.x, prepareExperts(p.weights(), type));
            const auto wanted = p.reference();
            const auto reference = torch::from_blob(const_cast<double*>(wanted.data()), p.x.sizes(), torch::kFloat64);
            CHECK(distance(sum, reference) <= tolerance(type)) << int(type) << rows << distance(sum, reference);
        }
}

CASE(preparedExpertsAddToBf16RowsOfAnyStride) {
    Problem p = problem(20, 5, 2);
    p.x = p.x.to(torch::kBFloat16).to(torch::kFloat32);
    auto wide = torch::ones({20, 2 * p.x.size(1)}, torch::kBFloat16);
    auto sum = wide.narrow(1, 0, p.x.size(1));
    addExperts(sum, p.x.to(torch::kBFloat16), prepareExperts(p.weights(), WeightType::Bf16));
    auto wanted = torch::ones_like(p.x);
    addSortedExperts(wanted, p.x, p.weights());
    CHECK(distance(sum, wanted) <= tolerance(WeightType::Bf16) + 0x1p-8) << distance(sum, wanted);
    CHECK((wide.narrow(1, p.x.size(1), p.x.size(1)) == 1).all().item<bool>()) << "wrote past its columns";
}

CASE(gradientsAreThoseOfTheDefinition) {
    for (std::int64_t rows : {1, 9, 300}) {
        const Problem p = problem(rows, 5, 2);
        const auto [shares, chosen] = torch::rand({rows, 5}).topk(2, -1);
        const auto leaf = [](const torch::Tensor& t) { return t.detach().clone().requires_grad_(); };
        const auto run = [&](auto&& function) {
            const RoutedExperts e{leaf(p.x), chosen, leaf(shares), leaf(p.weights().inward), leaf(p.weights().outward),
                                  5};
            const auto out = function(e);
            out.backward(torch::linspace(-1, 1, p.x.numel()).view_as(p.x));
            return std::vector{out.detach(), e.x.grad(), e.shares.grad(), e.inward.grad(), e.outward.grad()};
        };
        const auto got = run(routedExperts), wanted = run(routedExpertsDefinition);
        for (std::size_t i = 0; i < got.size(); ++i)
            CHECK(distance(got[i], wanted[i]) <= tolerance(WeightType::F32) * 2 * std::sqrt(double(rows)))
                << rows << i << distance(got[i], wanted[i]);
    }
}

CASE(routedExpertsAreAnOperationOfTorch) {
    const Problem p = problem(20, 5, 2);
    const auto [shares, chosen] = torch::rand({20, 5}).topk(2, -1);
    const RoutedExperts e{p.x, chosen, shares, p.weights().inward, p.weights().outward, 5};
    const auto schema = torch::jit::getOperatorForLiteral("palimpsest::routed_experts(Tensor x, Tensor chosen, Tensor "
                                                          "shares, Tensor inward, Tensor outward, int experts, "
                                                          "bool keep) -> (Tensor, Tensor, Tensor)");
    CHECK(schema != nullptr);
    const auto meta = [](const torch::Tensor& t) { return t.to(torch::kMeta); };
    const auto shape = routedExperts({meta(e.x), meta(e.chosen), meta(e.shares), meta(e.inward), meta(e.outward), 5});
    CHECK(shape.is_meta() && shape.sizes() == e.x.sizes() && shape.scalar_type() == torch::kFloat32);
    // Nothing is kept, and nothing differs, where no gradient is asked for.
    const auto leaf = e.inward.detach().clone().requires_grad_();
    const auto kept = routedExperts({e.x, e.chosen, e.shares, leaf, e.outward, 5});
    CHECK(kept.requires_grad() && at::equal(kept, routedExperts(e)));
    const c10::InferenceMode guard;
    CHECK(at::equal(routedExperts(e), kept));
}

CASE(preparedProductsAreTheirDefinition) {
    for (WeightType type : {WeightType::F32, WeightType::Bf16, WeightType::Int8})
        for (auto dtype : {torch::kFloat32, torch::kBFloat16})
            for (auto shape : {std::vector<std::int64_t>{1, 100}, {2, 5, 100}, {100}, {0, 100}}) {
                torch::manual_seed(7);
                const auto x = torch::randn(shape).to(dtype);
                const auto weight = torch::randn({70, 100}).to(torch::kBFloat16);
                const auto y = weightProduct(x, prepareWeight(weight, type));
                const auto wanted = weightProductDefinition(x, weight, type);
                CHECK(y.sizes() == wanted.sizes() && y.scalar_type() == x.scalar_type());
                // Int8 rounds alike in both; a tie that falls the other way costs a 254th of one of 100 terms.
                const double limit = (type == WeightType::Bf16 || dtype == torch::kBFloat16 ? 0x1p-7 : 0x1p-20) +
                                     (type == WeightType::Int8 ? 1e-3 : 0);
                if (y.numel() == 0) continue;
                CHECK(distance(y, wanted) <= limit) << int(type) << distance(y, wanted);
                for (const std::int64_t columns : {1, 32, 41})
                    CHECK(at::equal(weightProduct(x, firstColumns(prepareWeight(weight, type), columns)),
                                    y.narrow(-1, 0, columns)))
                        << int(type) << columns;
            }
}

CASE(productsThatDoNotFitAreRefused) {
    const auto prepared = prepareWeight(torch::randn({8, 16}), WeightType::Int8);
    for (const auto& x : {torch::randn({2, 15}), torch::randn({2, 16}).to(torch::kFloat64)}) {
        if (!prepared.packed.defined() && x.size(1) == 16) continue; // the definition multiplies what ATen does
        bool refused = false;
        try {
            weightProduct(x, prepared);
        } catch (const c10::Error&) {
            refused = true;
        }
        CHECK(refused);
    }
}

} // namespace
} // namespace palimpsest
