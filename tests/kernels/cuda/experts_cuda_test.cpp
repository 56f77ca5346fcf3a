// Routed experts of the CUDA plug-in against sums in double, on the processor or on a card (subject.h).
#include "tests/kernels/cuda/experts_double.h"

#include <algorithm>
#include <cmath>
#include <random>

namespace palimpsest::cuda {
namespace {

struct ExpertsResult {
    Status status = Status::Ok;
    std::vector<std::int32_t> dispatch;
    std::vector<float> output, x, weights, inward, outward;
};

// Where an expert's (D, W) lies: by expert, or side by side as the model keeps them, (D, E W).
enum class Outward { ByExpert, SideBySide };

std::size_t outwardPlace(const ExpertsProblem16& p, Outward layout, std::size_t index) {
    const std::size_t e = index / (p.width * p.inner), d = index / p.inner % p.width, w = index % p.inner;
    return layout == Outward::ByExpert ? index : d * p.experts * p.inner + e * p.inner + w;
}

std::vector<float> laidOut(const ExpertsProblem16& p, Outward layout) {
    std::vector<float> matrix(p.outward.size());
    for (std::size_t i = 0; i < matrix.size(); ++i) matrix[outwardPlace(p, layout, i)] = p.outward[i];
    return matrix;
}

struct Uploaded {
    std::size_t pairs;
    CardMemory x, chosen, weights, inward, outward, output, outputGradient, hidden, dispatch, workspace;
    CardMemory xGradient, weightsGradient, inwardGradient, outwardGradient;

    Uploaded(const ExpertsProblem16& p, Outward layout)
        : pairs(p.rows * p.perToken),
          x(encode(p.x, p.format)),
          chosen(p.chosen),
          weights(p.weights),
          inward(encode(p.inward, p.format)),
          outward(encode(laidOut(p, layout), p.format)),
          output(encode(p.output, p.format)),
          outputGradient(encode(p.outputGradient, p.format)),
          hidden(pairs * p.inner * 4),
          dispatch((2 * pairs + p.experts + 1) * 4),
          workspace(pairs * (4 * p.width + 10 * p.inner)),
          xGradient(p.x.size() * 2),
          weightsGradient(pairs * 4),
          inwardGradient(p.inward.size() * 2),
          outwardGradient(p.outward.size() * 2) {}
};

ExpertsCall callFor(const ExpertsProblem16& p, const Uploaded& memory, Outward layout) {
    ExpertsCall call;
    call.format = p.format;
    call.rows = std::int32_t(p.rows);
    call.width = std::int32_t(p.width);
    call.experts = std::int32_t(p.experts);
    call.inner = std::int32_t(p.inner);
    call.perToken = std::int32_t(p.perToken);
    call.x = memory.x.as<void>();
    call.chosen = memory.chosen.as<std::int32_t>();
    call.weights = memory.weights.as<float>();
    call.inward = memory.inward.as<void>();
    call.outward = memory.outward.as<void>();
    call.outwardExpert = std::int64_t(layout == Outward::ByExpert ? p.width * p.inner : p.inner);
    call.outwardRow = std::int64_t(layout == Outward::ByExpert ? p.inner : p.experts * p.inner);
    call.output = memory.output.as<void>();
    call.hidden = memory.hidden.as<void>();
    call.dispatch = memory.dispatch.as<std::int32_t>();
    call.workspace = memory.workspace.as<void>();
    return call;
}

ExpertsResult runExperts(const ExpertsProblem16& p, Outward layout) {
    const CudaKernels& kernels = *subject().kernels;
    const Uploaded memory(p, layout);
    const ExpertsCall call = callFor(p, memory, layout);
    const ExpertsGradientCall gradients{call,
                                        memory.outputGradient.as<void>(),
                                        memory.xGradient.as<void>(),
                                        memory.weightsGradient.as<float>(),
                                        memory.inwardGradient.as<void>(),
                                        memory.outwardGradient.as<void>()};
    ExpertsResult result;
    result.status = kernels.expertsForward(&call, nullptr);
    if (result.status == Status::Ok) result.status = kernels.expertsBackward(&gradients, nullptr);
    if (result.status == Status::Ok) result.status = kernels.wait(nullptr);
    const auto read = [&](const CardMemory& m) { return decode(m.read<std::uint16_t>(), p.format); };
    result.dispatch = memory.dispatch.read<std::int32_t>();
    result.output = read(memory.output);
    result.x = read(memory.xGradient);
    result.weights = memory.weightsGradient.read<float>();
    result.inward = read(memory.inwardGradient);
    const std::vector<float> outward = read(memory.outwardGradient);
    for (std::size_t i = 0; i < outward.size(); ++i) result.outward.push_back(outward[outwardPlace(p, layout, i)]);
    return result;
}

// `used`: only the first so many experts are ever chosen.
ExpertsProblem16 problem(std::size_t rows, std::size_t width, std::size_t experts, std::size_t inner,
                         std::size_t perToken, std::size_t used, Format format) {
    ExpertsProblem16 p{format, rows, width, experts, inner, perToken, {}, {}, {}, {}, {}, {}, {}};
    std::mt19937 random(unsigned(rows * 31 + width * 7 + experts));
    std::vector<std::int32_t> all(used);
    for (std::size_t e = 0; e < used; ++e) all[e] = std::int32_t(e);
    for (std::size_t row = 0; row < rows; ++row) {
        std::ranges::shuffle(all, random);
        p.chosen.insert(p.chosen.end(), all.begin(), all.begin() + std::ptrdiff_t(perToken));
        for (std::size_t choice = 0; choice < perToken; ++choice)
            p.weights.push_back(std::uniform_real_distribution<float>(0.05f, 0.9f)(random));
    }
    const float spread = 1 / std::sqrt(float(width));
    p.x = randomNumbers(rows * width, format, 1);
    p.output = randomNumbers(rows * width, format, 2);
    p.outputGradient = randomNumbers(rows * width, format, 3);
    p.inward = randomNumbers(experts * 2 * inner * width, format, 4, spread);
    p.outward = randomNumbers(experts * width * inner, format, 5, spread);
    return p;
}

std::vector<ExpertsProblem16> problems() {
    struct Shape {
        std::size_t rows, width, experts, inner, perToken, used;
    };
    const std::vector<Shape> shapes{
        {1, 8, 1, 8, 1, 1},      {9, 72, 8, 64, 2, 8}, // experts with a pair or two
        {100, 136, 4, 40, 2, 4},                       // more than a tile of pairs; odd tiles
        {67, 64, 3, 32, 1, 1},                         // all choose the first
        {20, 64, 64, 8, 3, 5},                         // most experts, most idle
    };
    std::vector<ExpertsProblem16> all;
    for (std::size_t i = 0; i < shapes.size(); ++i)
        for (Format format : formatsOf(i, subject().bf16)) {
            const Shape& s = shapes[i];
            all.push_back(problem(s.rows, s.width, s.experts, s.inner, s.perToken, s.used, format));
        }
    return all;
}

CASE(expertsAgreeWithSumsInDouble) {
    NEEDS_SUBJECT();
    for (const ExpertsProblem16& p : problems()) {
        const ExpertsDouble expected = expertsInDouble(p);
        for (Outward layout : {Outward::ByExpert, Outward::SideBySide}) {
            const ExpertsResult result = runExperts(p, layout);
            CHECK(result.status == Status::Ok);
            const auto worst = [&](const char* what, const std::vector<float>& got, const Bounded& wanted) {
                CHECK(worstRatio(got, wanted) <= 1) << p.rows << p.width << what << worstRatio(got, wanted);
            };
            worst("output", result.output, expected.output);
            worst("x", result.x, expected.x);
            worst("weights", result.weights, expected.weights);
            worst("inward", result.inward, expected.inward);
            worst("outward", result.outward, expected.outward);
        }
    }
}

CASE(pairsAreSortedByExpertAndKeepTheirOrder) {
    NEEDS_SUBJECT();
    const ExpertsProblem16 p = problem(300, 8, 7, 8, 2, 6, Format::F16);
    const std::vector<std::int32_t> dispatch = runExperts(p, Outward::ByExpert).dispatch;
    const std::size_t pairs = p.rows * p.perToken;
    std::vector<std::int32_t> expected(pairs);
    for (std::size_t i = 0; i < pairs; ++i) expected[i] = std::int32_t(i);
    std::ranges::stable_sort(expected, {}, [&](std::int32_t pair) { return p.chosen[std::size_t(pair)]; });
    CHECK(std::equal(expected.begin(), expected.end(), dispatch.begin()));
    for (std::size_t place = 0; place < pairs; ++place)
        CHECK(dispatch[pairs + std::size_t(expected[place])] == std::int32_t(place)) << place;
    for (std::size_t e = 0; e <= p.experts; ++e)
        CHECK(dispatch[2 * pairs + e] == std::ranges::count_if(p.chosen, [&](auto c) { return c < std::int32_t(e); }));
}

CASE(resultsRepeatBitForBit) {
    NEEDS_SUBJECT();
    const ExpertsProblem16 p = problem(100, 136, 4, 40, 2, 4, Format::F16);
    const ExpertsResult first = runExperts(p, Outward::SideBySide), second = runExperts(p, Outward::SideBySide);
    CHECK(first.output == second.output && first.x == second.x && first.weights == second.weights);
    CHECK(first.inward == second.inward && first.outward == second.outward);
}

CASE(withoutRowsTheGradientsOfTheWeightsAreZeros) {
    NEEDS_SUBJECT();
    const ExpertsResult result = runExperts(problem(0, 64, 2, 8, 1, 2, Format::F16), Outward::ByExpert);
    CHECK(result.status == Status::Ok);
    for (float value : result.inward) CHECK(value == 0);
    for (float value : result.outward) CHECK(value == 0);
}

CASE(sizesTheExpertsDoNotTakeAreRefused) {
    NEEDS_SUBJECT();
    CHECK(runExperts(problem(3, 12, 2, 8, 1, 2, Format::F16), Outward::ByExpert).status == Status::BadSize);
    CHECK(runExperts(problem(3, 16, 65, 8, 1, 2, Format::F16), Outward::ByExpert).status == Status::BadSize);
}

} // namespace
} // namespace palimpsest::cuda
