// Both ways of running experts against the obvious loop in double.
#include "kernels/torch/experts.h"

#include "kernels/reference/experts_reference.h"
#include "tests/support/cases.h"

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

} // namespace
} // namespace palimpsest
