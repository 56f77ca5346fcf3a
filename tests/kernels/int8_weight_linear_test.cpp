// Products with packed f32, bf16 and int8 weights: every instruction set against sums in double, over odd sizes.
#include "kernels/cpu/instruction_set.h"
#include "kernels/cpu/int8_weight_linear.h"
#include "kernels/cpu/packed_weight_linear_tiles.h"
#include "tests/support/cases.h"

#include <bit>
#include <cmath>
#include <limits>
#include <random>

namespace palimpsest {
namespace {

using Numbers = std::vector<float>;

float asBf16(float value) {
    const auto bits = std::bit_cast<std::uint32_t>(value);
    return std::bit_cast<float>((bits + 0x7fffu + ((bits >> 16) & 1)) & 0xffff0000u);
}

struct Problem {
    std::int64_t rows, columns, k;
    Numbers x, weights;
};

Problem randomProblem(std::int64_t rows, std::int64_t columns, std::int64_t k) {
    std::mt19937 random(unsigned(rows * 1000 + columns * 10 + k));
    std::normal_distribution<float> normal;
    Problem p{rows, columns, k, Numbers(std::size_t(rows * k)), Numbers(std::size_t(columns * k))};
    for (float& value : p.x) value = normal(random) * std::exp(normal(random)); // outliers, as activations have
    for (float& value : p.weights) value = normal(random);
    return p;
}

std::vector<const detail::TileKernel*> kernels(WeightType type) {
    std::vector<const detail::TileKernel*> all;
    const auto add = [&](const detail::TileKernel& f32, const detail::TileKernel& bf16,
                         const detail::TileKernel& int8) {
        all.push_back(type == WeightType::F32 ? &f32 : type == WeightType::Bf16 ? &bf16 : &int8);
    };
    add(detail::kF32Scalar, detail::kBf16Scalar, detail::kInt8Scalar);
#if defined(__x86_64__)
    const Instructions have = processorInstructions();
    if (have.has(InstructionSet::Avx2)) add(detail::kF32Avx2, detail::kBf16Avx2, detail::kInt8Avx2);
    if (have.has(InstructionSet::Avx512) && have.vnni && have.bf16)
        add(detail::kF32Avx512, detail::kBf16Avx512, detail::kInt8Avx512);
#endif
    return all;
}

std::vector<std::byte> packed(WeightType type, const Problem& p) {
    std::vector<std::byte> bytes(packedWeightBytes(type, p.columns, p.k));
    packWeights(type, p.weights.data(), p.k, p.columns, p.k, bytes.data());
    return bytes;
}

// One instruction set's tiles of `atOnce` rows; outputs start as NaN, so that one never written is seen.
Numbers run(const detail::TileKernel& kernel, WeightType type, const Problem& p, int atOnce) {
    const auto weights = packed(type, p);
    const std::size_t rowBytes = activationBytes(type, p.k);
    std::vector<std::byte> prepared(rowBytes * std::size_t(p.rows));
    std::vector<const std::byte*> rows;
    for (std::int64_t r = 0; r < p.rows; ++r) {
        kernel.prepareRow(p.x.data() + r * p.k, p.k, prepared.data() + rowBytes * std::size_t(r));
        rows.push_back(prepared.data() + rowBytes * std::size_t(r));
    }
    const std::int64_t panels = (p.columns + kPanelColumns - 1) / kPanelColumns, stride = panels * kPanelColumns;
    Numbers wide(std::size_t(p.rows * stride), std::numeric_limits<float>::quiet_NaN()), y;
    for (std::int64_t panel = 0; panel < panels; ++panel)
        for (std::int64_t r = 0; r < p.rows; r += atOnce)
            kernel.tile({weights.data() + std::size_t(panel) * packedPanelBytes(type, p.k), p.k, rows.data() + r,
                         wide.data() + r * stride + panel * kPanelColumns, stride},
                        int(std::min<std::int64_t>(atOnce, p.rows - r)));
    for (std::int64_t r = 0; r < p.rows; ++r)
        y.insert(y.end(), wide.begin() + r * stride, wide.begin() + r * stride + p.columns);
    return y;
}

double largest(const float* values, std::int64_t count) {
    double most = 0;
    for (std::int64_t i = 0; i < count; ++i) most = std::max(most, std::abs(double(values[i])));
    return most;
}

// Largest error in units of its bound: rounding k products of f32 sums, and what the type's own rounding may cost, for
// every product: bf16 2^-8 of either factor; int8 half a step of either factor, of its run's largest magnitude.
double worst(WeightType type, const Problem& p, const Numbers& y) {
    double worstRatio = 0;
    for (std::int64_t row = 0; row < p.rows; ++row)
        for (std::int64_t column = 0; column < p.columns; ++column) {
            const float *x = p.x.data() + row * p.k, *w = p.weights.data() + column * p.k;
            const double wMost = largest(w, p.k);
            double sum = 0, bound = 1e-30, xMost = 0;
            for (std::int64_t i = 0; i < p.k; ++i) {
                if (i % kInt8Group == 0) xMost = largest(x + i, std::min(p.k - i, kInt8Group));
                const double product = double(x[i]) * w[i], ulp = std::numeric_limits<float>::epsilon();
                const double xStep = xMost / 254 * 1.001, wStep = wMost / 254 * 1.001;
                sum += product;
                bound += ulp * double(p.k + 4) * std::abs(product);
                if (type == WeightType::Bf16) bound += (0x1p-7 + 0x1p-16) * std::abs(product);
                if (type == WeightType::Int8)
                    bound +=
                        (xStep * std::abs(w[i]) + wStep * std::abs(x[i]) + xStep * wStep) * (1 + ulp * double(p.k));
            }
            const double error = std::abs(sum - double(y[std::size_t(row * p.columns + column)]));
            worstRatio = std::max(worstRatio, error <= bound ? error / bound : 2.0); // NaN counts as wrong
        }
    return worstRatio;
}

constexpr WeightType kTypes[] = {WeightType::F32, WeightType::Bf16, WeightType::Int8};

CASE(everyKernelAgreesWithSumsInDouble) {
    for (std::int64_t rows : {1, 2, 3, 5, 7, 12, 13})
        for (std::int64_t columns : {1, 31, 32, 70})
            for (std::int64_t k : {1, 2, 3, 5, 63, 64, 65, 130, 576}) {
                const Problem p = randomProblem(rows, columns, k);
                for (WeightType type : kTypes)
                    for (const auto* kernel : kernels(type))
                        CHECK(worst(type, p, run(*kernel, type, p, kernel->rowsAtOnce)) <= 1)
                            << kernel->name << int(type) << rows << columns << k;
            }
}

CASE(sumsOfExactlyRepresentableNumbersAreExact) {
    Problem p = randomProblem(7, 33, 190);
    for (std::size_t i = 0; i < p.x.size(); ++i) p.x[i] = float(int(i * 37 % 255) - 127);
    for (std::size_t i = 0; i < p.weights.size(); ++i) p.weights[i] = float(int(i * 101 % 255) - 127);
    for (std::int64_t r = 0; r < p.rows; ++r) // every run of int8 has its largest magnitude, so that its scale is one
        for (std::int64_t i = 0; i < p.k; i += kInt8Group) p.x[std::size_t(r * p.k + i)] = 127;
    for (std::int64_t c = 0; c < p.columns; ++c) p.weights[std::size_t(c * p.k)] = -127;
    for (WeightType type : kTypes)
        for (const auto* kernel : kernels(type)) {
            const Numbers y = run(*kernel, type, p, kernel->rowsAtOnce);
            for (std::int64_t r = 0; r < p.rows; ++r)
                for (std::int64_t c = 0; c < p.columns; ++c) {
                    std::int64_t sum = 0;
                    for (std::int64_t i = 0; i < p.k; ++i)
                        sum += std::int64_t(p.x[std::size_t(r * p.k + i)]) *
                               std::int64_t(p.weights[std::size_t(c * p.k + i)]);
                    CHECK(y[std::size_t(r * p.columns + c)] == float(sum)) << kernel->name << int(type) << r << c;
                }
        }
}

CASE(largestMagnitudesDoNotSaturate) {
    Problem p = randomProblem(2, 32, 4096);
    for (float& value : p.x) value = 1;
    for (float& value : p.weights) value = -1;
    for (const auto* kernel : kernels(WeightType::Int8))
        for (float value : run(*kernel, WeightType::Int8, p, kernel->rowsAtOnce))
            CHECK(std::abs(value + 4096) <= 4096 * 80 * 0x1p-24) << kernel->name << value; // 64 groups and the scales
}

CASE(int8ResultsAreTheSameBitsOnEveryInstructionSet) {
    const Problem p = randomProblem(9, 45, 333);
    const auto all = kernels(WeightType::Int8);
    const Numbers first = run(*all.front(), WeightType::Int8, p, 1);
    for (const auto* kernel : all)
        CHECK(first == run(*kernel, WeightType::Int8, p, kernel->rowsAtOnce)) << kernel->name;
}

CASE(resultsDoNotDependOnRowsInATile) {
    const Problem p = randomProblem(12, 64, 100);
    for (WeightType type : kTypes)
        for (const auto* kernel : kernels(type)) {
            const Numbers alone = run(*kernel, type, p, 1);
            for (int atOnce = 2; atOnce <= kernel->rowsAtOnce; ++atOnce)
                CHECK(alone == run(*kernel, type, p, atOnce)) << kernel->name << int(type) << atOnce;
        }
}

template<class T>
std::vector<T> product(WeightType type, const Problem& p, const std::vector<std::int64_t>& bounds) {
    const auto weights = packed(type, p);
    std::vector<std::byte> prepared(activationBytes(type, p.k) * std::size_t(p.rows));
    prepareActivations(type, p.x.data(), p.k, p.rows, p.k, prepared.data());
    std::vector<T> y(std::size_t(p.rows * p.columns));
    const PackedProduct<T> call{{type, p.columns, p.k, weights.data()}, prepared.data(), p.rows, y.data(), p.columns};
    for (std::size_t i = 0; i + 1 < bounds.size(); ++i) packedProduct(call, bounds[i], bounds[i + 1]);
    return y;
}

CASE(panelsMaySplitOverThreadsAndOutputsBeBf16) {
    const Problem p = randomProblem(15, 100, 70);
    for (WeightType type : kTypes) {
        const auto whole = product<float>(type, p, {0, 4});
        CHECK(worst(type, p, whole) <= 1) << packedProductKernel(type);
        CHECK(whole == product<float>(type, p, {0, 1, 1, 3, 4}));
        const auto rounded = product<Bf16>(type, p, {0, 4});
        for (std::size_t i = 0; i < whole.size(); ++i)
            CHECK(std::bit_cast<float>(std::uint32_t(rounded[i].bits) << 16) == asBf16(whole[i])) << i;
    }
}

CASE(bf16SourcesPackAsTheirF32ValuesDo) {
    Problem p = randomProblem(3, 40, 67);
    std::vector<Bf16> bf16;
    for (float& value : p.weights) {
        value = asBf16(value);
        bf16.push_back({std::uint16_t(std::bit_cast<std::uint32_t>(value) >> 16)});
    }
    for (WeightType type : kTypes) {
        std::vector<std::byte> bytes(packedWeightBytes(type, p.columns, p.k));
        packWeights(type, bf16.data(), p.k, p.columns, p.k, bytes.data());
        CHECK(bytes == packed(type, p)) << int(type);
    }
}

CASE(rowsQuantisedBeforePackAsTheirNumbersDo) {
    for (const auto& [columns, k] : {std::pair{1, 1}, {33, 65}, {70, 130}, {0, 8}}) {
        const Problem p = randomProblem(1, columns, k);
        std::vector<std::int8_t> rows(p.weights.size());
        Numbers scales;
        for (std::int64_t c = 0; c < columns; ++c)
            scales.push_back(quantise(p.weights.data() + c * k, k, rows.data() + c * k));
        std::vector<std::byte> bytes(packedWeightBytes(WeightType::Int8, columns, k), std::byte{0x55});
        packInt8Weights(rows.data(), scales.data(), columns, k, bytes.data());
        CHECK(bytes == packed(WeightType::Int8, p)) << columns << k;
    }
}

CASE(valuesThatAreNotFiniteShowInTheirRowOnly) {
    for (float bad : {std::numeric_limits<float>::infinity(), std::numeric_limits<float>::quiet_NaN()}) {
        Problem p = randomProblem(3, 32, 200);
        p.x[200 + 150] = bad;
        for (const auto* kernel : kernels(WeightType::Int8)) {
            const Numbers y = run(*kernel, WeightType::Int8, p, kernel->rowsAtOnce);
            for (std::size_t i = 0; i < y.size(); ++i) CHECK(std::isnan(y[i]) == (i / 32 == 1)) << kernel->name << i;
        }
    }
}

CASE(quantisingKeepsZerosAndTinyValuesHarmless) {
    std::int8_t bytes[3];
    const float zeros[3] = {}, tiny[3] = {1e-40f, -1e-44f, 0}, plain[3] = {-2, 1, 0.5f};
    CHECK(quantise(zeros, 3, bytes) == 0 && bytes[0] == 0);
    CHECK(quantise(tiny, 3, bytes) == 0 && bytes[0] == 0);
    CHECK(quantise(plain, 3, bytes) == 2.0f / 127 && bytes[0] == -127 && bytes[1] == 64 &&
          bytes[2] == 32); // 63.5, 31.75
}

CASE(noRowsAndNoPanelsAreNoWork) {
    const Problem p = randomProblem(0, 32, 8);
    CHECK(product<float>(WeightType::Int8, p, {0, 1}).empty());
    const Problem one = randomProblem(1, 32, 8);
    for (float value : product<float>(WeightType::Bf16, one, {1, 1})) CHECK(value == 0);
}

CASE(limitsOnlyTakeAway) {
    const Instructions all{InstructionSet::Avx512, true, true};
    CHECK(limited(all, "scalar") == Instructions{});
    CHECK(limited(all, "avx2") == Instructions{InstructionSet::Avx2});
    CHECK(limited(all, "avx512") == Instructions{InstructionSet::Avx512});
    CHECK(limited(all, "reference") == all);
    CHECK(limited({InstructionSet::Avx2}, "avx512") == Instructions{InstructionSet::Avx2});
}

} // namespace
} // namespace palimpsest
