// bf16 weights with f32 activations: every instruction set against sums in double, over odd sizes.
#include "kernels/cpu/bf16_weight_linear.h"
#include "tests/support/cases.h"

#include <bit>
#include <cmath>
#include <limits>
#include <random>

namespace palimpsest {
namespace {

struct Problem {
    std::int64_t rows, columns, k;
    std::vector<float> x;
    std::vector<std::uint16_t> weights;
};

Problem randomProblem(std::int64_t rows, std::int64_t columns, std::int64_t k) {
    std::mt19937 random(unsigned(rows * 1000 + columns * 10 + k));
    std::normal_distribution<float> normal;
    Problem problem{rows, columns, k, std::vector<float>(std::size_t(rows * k)),
                    std::vector<std::uint16_t>(std::size_t(columns * k))};
    for (float& value : problem.x) value = normal(random);
    for (std::uint16_t& value : problem.weights)
        value = std::uint16_t(std::bit_cast<std::uint32_t>(normal(random)) >> 16);
    return problem;
}

using Kernel = void (*)(const Bf16WeightLinear&, std::int64_t, std::int64_t);

// Runs the columns in the given ranges; outputs start as NaN, so that one never written is seen.
std::vector<float> run(Kernel kernel, const Problem& p, const std::vector<std::int64_t>& bounds) {
    std::vector<float> packed(std::size_t(p.rows * packedStride(p.k)));
    packActivations(p.x.data(), p.k, p.rows, p.k, packed.data());
    std::vector<float> y(std::size_t(p.rows * p.columns), std::numeric_limits<float>::quiet_NaN());
    const Bf16WeightLinear call{packed.data(), p.weights.data(), y.data(), p.columns, p.rows, p.k};
    for (std::size_t i = 0; i + 1 < bounds.size(); ++i) kernel(call, bounds[i], bounds[i + 1]);
    return y;
}

// Largest error in units of what rounding k products can cost: eps * k * |x||w| summed.
double worst(const Problem& p, const std::vector<float>& y) {
    double worstRatio = 0;
    for (std::int64_t row = 0; row < p.rows; ++row)
        for (std::int64_t column = 0; column < p.columns; ++column) {
            double sum = 0, size = 0;
            for (std::int64_t i = 0; i < p.k; ++i) {
                const double w = std::bit_cast<float>(std::uint32_t(p.weights[std::size_t(column * p.k + i)]) << 16);
                const double product = w * p.x[std::size_t(row * p.k + i)];
                sum += product;
                size += std::abs(product);
            }
            const double bound = std::numeric_limits<float>::epsilon() * double(p.k + 1) * size + 1e-30;
            const double error = std::abs(sum - double(y[std::size_t(row * p.columns + column)]));
            worstRatio = std::max(worstRatio, error <= bound ? error / bound : 2.0); // NaN counts as wrong
        }
    return worstRatio;
}

CASE(everyKernelAgreesWithSumsInDouble) {
    for (std::int64_t rows : {1, 2, 3, 4, 5, 9, 49, 65})
        for (std::int64_t columns : {1, 3, 4, 7, 18})
            for (std::int64_t k : {1, 7, 15, 16, 17, 48, 63, 576}) {
                const Problem p = randomProblem(rows, columns, k);
                for (Kernel kernel : {detail::bf16WeightLinearPortable, Kernel(bf16WeightLinear)})
                    CHECK(worst(p, run(kernel, p, {0, columns})) <= 1) << rows << columns << k;
            }
}

CASE(resultsDoNotDependOnHowTheWorkIsSplit) {
    const Problem p = randomProblem(10, 37, 100);
    const auto whole = run(bf16WeightLinear, p, {0, 37});
    CHECK(whole == run(bf16WeightLinear, p, {0, 4, 5, 20, 37}));
    Problem one = p;
    one.rows = 1;
    one.x.resize(100);
    const auto alone = run(bf16WeightLinear, one, {0, 37});
    CHECK(std::equal(alone.begin(), alone.end(), whole.begin())) << "a row alone differs from the row among others";
}

CASE(noRowsAndNoColumnsAreNoWork) {
    const Problem p = randomProblem(2, 4, 32);
    const auto y = run(bf16WeightLinear, p, {2, 2});
    for (float value : y) CHECK(std::isnan(value));
    run(bf16WeightLinear, Problem{0, 4, 32, {}, p.weights}, {0, 4});
}

} // namespace
} // namespace palimpsest
