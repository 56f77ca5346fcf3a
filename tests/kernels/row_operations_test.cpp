// Norm, gate and rotation against plain loops in double, with every instruction set of this machine, over odd sizes.
#include "kernels/cpu/instruction_set.h"
#include "kernels/cpu/row_operations.h"
#include "tests/support/cases.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace palimpsest::test {
namespace {

std::vector<const RowOperations*> sets() {
    std::vector<const RowOperations*> all{&rowOperationsScalar()};
    if (processorInstructions().has(InstructionSet::Avx2)) all.push_back(&rowOperationsAvx2());
    if (processorInstructions().has(InstructionSet::Avx512)) all.push_back(&rowOperationsAvx512());
    return all;
}

std::vector<float> drawn(std::size_t count, unsigned seed, float scale = 1) {
    std::mt19937 random(seed);
    std::normal_distribution<float> normal(0, scale);
    std::vector<float> values(count);
    for (float& value : values) value = normal(random);
    return values;
}

constexpr double kEpsilon = 0x1p-23;

CASE(aNormIsTheRootMeanSquareOfTheSum) {
    for (const RowOperations* set : sets())
        for (const std::int64_t width : {1, 5, 16, 63, 576}) {
            const std::int64_t rows = 3, stride = width + 2;
            auto x = drawn(std::size_t(rows * stride), 1);
            const auto before = x, added = drawn(x.size(), 2), weight = drawn(std::size_t(width), 3);
            std::vector<float> out(x.size(), -7);
            const float epsilon = 1e-5f;
            set->normalise({{x.data(), stride},
                            {const_cast<float*>(added.data()), stride},
                            weight.data(),
                            epsilon,
                            rows,
                            width,
                            {out.data(), stride}});
            for (std::int64_t r = 0; r < rows; ++r) {
                double squares = 0;
                for (std::int64_t i = 0; i < width; ++i)
                    squares +=
                        std::pow(double(before[std::size_t(r * stride + i)]) + added[std::size_t(r * stride + i)], 2);
                for (std::int64_t i = 0; i < width; ++i) {
                    const auto at = std::size_t(r * stride + i);
                    const double sum = double(before[at]) + added[at];
                    const double wanted = sum / std::sqrt(squares / double(width) + epsilon) * weight[std::size_t(i)];
                    CHECK(std::abs(x[at] - sum) <= kEpsilon * std::abs(sum));
                    CHECK(std::abs(out[at] - wanted) <= 32 * kEpsilon * (1 + std::abs(wanted))) << width << i;
                }
                CHECK(out[std::size_t(r * stride + width)] == -7) << "written past the row";
            }
        }
}

CASE(aNormWithoutAddedRowsLeavesItsInput) {
    for (const RowOperations* set : sets()) {
        auto x = drawn(40, 4);
        const auto before = x, weight = drawn(20, 5);
        std::vector<float> out(40);
        set->normalise({{x.data(), 20}, {}, weight.data(), 0, 2, 20, {out.data(), 20}});
        CHECK(x == before && out != x);
    }
}

CASE(powersAreRelativeToTheLargestAndMissingOnesAreZero) {
    const float nothing = -std::numeric_limits<float>::infinity();
    for (const RowOperations* set : sets())
        for (const std::int64_t count : {1, 3, 16, 47, 49152}) {
            auto x = drawn(std::size_t(count), 7, 5);
            if (count > 3) x[2] = nothing;
            x.push_back(-7); // is not touched
            const auto before = x;
            const float largest = *std::max_element(x.begin(), x.end() - 1);
            CHECK(set->powersOfLargest({x.data(), count, 1.25f}) == largest);
            for (std::int64_t i = 0; i < count; ++i) {
                const double wanted = std::exp(1.25 * (double(before[std::size_t(i)]) - double(largest)));
                CHECK(std::abs(x[std::size_t(i)] - wanted) <= 0x1p-16 * wanted) << count << i;
            }
            CHECK(x.back() == -7);
            std::vector<float> none(std::size_t(count), nothing);
            CHECK(set->powersOfLargest({none.data(), count, 1}) == nothing);
            CHECK(std::ranges::count(none, 0.0f) == count);
        }
}

CASE(aGateIsTheSiluOfItsFirstHalfTimesTheSecond) {
    for (const RowOperations* set : sets())
        for (const std::int64_t width : {1, 7, 16, 65, 1536}) {
            auto both = drawn(std::size_t(2 * 2 * width), 6, 4);
            both[0] = -200; // far out on both sides: 0 and the number itself
            both[std::size_t(2 * width)] = 200;
            std::vector<float> out(std::size_t(2 * width));
            set->gate({{both.data(), 2 * width}, 2, width, {out.data(), width}});
            for (std::int64_t r = 0; r < 2; ++r)
                for (std::int64_t i = 0; i < width; ++i) {
                    const double g = both[std::size_t(r * 2 * width + i)],
                                 u = both[std::size_t(r * 2 * width + width + i)];
                    const double wanted = g / (1 + std::exp(-g)) * u, got = out[std::size_t(r * width + i)];
                    // The exponent is rounded once: its relative error grows with it.
                    CHECK(std::abs(got - wanted) <= (8 + std::abs(g)) * kEpsilon * std::abs(wanted) + 1e-30)
                        << g << u << got << wanted;
                }
        }
}

CASE(aRotationTurnsPairsAndNothingElse) {
    for (const RowOperations* set : sets())
        for (const std::int64_t size : {2, 6, 64}) {
            const std::int64_t rows = 3, heads = 2, stride = heads * size + 5;
            auto x = drawn(std::size_t(rows * stride), 7);
            const auto before = x;
            std::vector<float> turns;
            for (std::int64_t i = 0; i < rows * size / 2; ++i) {
                turns.push_back(float(std::cos(0.3 * double(i))));
                turns.push_back(float(std::sin(0.3 * double(i))));
            }
            set->rotate({{x.data(), stride}, rows, heads, size, turns.data()});
            for (std::int64_t r = 0; r < rows; ++r)
                for (std::int64_t i = 0; i < stride; ++i) {
                    const auto at = std::size_t(r * stride + i);
                    if (i >= heads * size) {
                        CHECK(x[at] == before[at]);
                        continue;
                    }
                    const auto pair = std::size_t(r * size + i % size / 2 * 2), first = at - std::size_t(i % 2);
                    const double a = before[first], b = before[first + 1], c = turns[pair], s = turns[pair + 1];
                    const double wanted = i % 2 == 0 ? a * c - b * s : a * s + b * c;
                    CHECK(std::abs(x[at] - wanted) <= 4 * kEpsilon * (std::abs(a) + std::abs(b)));
                }
        }
}

} // namespace
} // namespace palimpsest::test
