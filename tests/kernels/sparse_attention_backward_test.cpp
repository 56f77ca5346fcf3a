// Sparse attention on the CPU, backward: every instruction set of this machine against sums in double, and the
// reference itself against finite differences.
#include "kernels/reference/attention_reference.h"
#include "tests/kernels/sparse_attention_run.h"
#include "tests/support/cases.h"

namespace palimpsest {
namespace {

using namespace test;

template<class T>
struct Gradients {
    std::vector<T> queries, keys, values, ownKeys, ownValues;
};

template<class T>
Gradients<T> backward(const AttentionKernels<T>& kernels, const AttentionInput<T>& in,
                      const std::vector<T>& outputGradient, const ParallelFor& parallel, bool rowsWanted = true) {
    const Outputs<T> made = forward<T>(kernels, in, serial());
    const auto rows = std::int64_t(in.positions.size()) * in.keyHeads * in.headSize;
    const std::int64_t own = std::int64_t(made.logSumExp.size()) / in.heads * in.keyHeads * in.headSize;
    Gradients<T> got{unwritten<T>(std::int64_t(made.out.size())), unwritten<T>(rows), unwritten<T>(rows),
                     unwritten<T>(own), unwritten<T>(own)};
    AttentionGradients<T> g;
    g.outputGradient = outputGradient.data();
    g.output = made.out.data();
    g.logSumExp = made.logSumExp.data();
    g.queries = got.queries.data();
    if (rowsWanted) {
        g.keys = got.keys.data();
        g.values = got.values.data();
        g.ownKeys = got.ownKeys.data();
        g.ownValues = got.ownValues.data();
    }
    sparseAttentionBackward(kernels, in, g, parallel);
    return got;
}

// Own gradients of runs that have none stay unwritten: their place is compared as zero.
template<class T>
void clearWithoutOwn(const AttentionInput<T>& in, std::vector<T>& gradients) {
    std::size_t at = 0;
    for (const AttentionRun& run : in.runs) {
        const std::size_t size = std::size_t(run.count * in.keyHeads * in.headSize);
        if (!run.own) std::fill_n(gradients.begin() + std::ptrdiff_t(at), size, T());
        at += size;
    }
}

// A gradient of a row is a sum over up to as many queries and heads as see it.
template<class T>
double gradientTolerance(const Problem& p) {
    const double terms = double(p.queryCount() * p.heads / p.keyHeads);
    return tolerance<T>(p) * (4 + std::sqrt(terms)) * std::sqrt(double(p.headSize));
}

template<class T>
void compare(const Problem& p) {
    const Tensors tensors(p);
    const auto wanted = referenceAttentionGradients(tensors.input<float>(), tensors.outputGradient<float>());
    for (const KernelSet& set : kernelSets()) {
        const auto& kernels = kernelsFor(*set.kernels, T());
        auto got = backward<T>(kernels, tensors.input<T>(), tensors.outputGradient<T>(), serial());
        clearWithoutOwn(tensors.input<T>(), got.ownKeys);
        clearWithoutOwn(tensors.input<T>(), got.ownValues);
        const double errors[] = {worst(got.queries, wanted.queries), worst(got.keys, wanted.keys),
                                 worst(got.values, wanted.values), worst(got.ownKeys, wanted.ownKeys),
                                 worst(got.ownValues, wanted.ownValues)};
        const char* names[] = {"queries", "keys", "values", "own keys", "own values"};
        for (int i = 0; i < 5; ++i)
            CHECK(errors[i] <= gradientTolerance<T>(p))
                << p.name << kernels.name << names[i] << errors[i] << "more than" << gradientTolerance<T>(p);
    }
}

std::vector<Problem> allProblems() {
    std::vector<Problem> problems = sightProblems();
    for (const Problem& p : shapeProblems()) problems.push_back(p);
    return problems;
}

// Long enough to be cut into pieces, whose sums are added.
std::vector<Problem> longProblems() {
    std::vector<Problem> all;
    for (std::int64_t size : {16, 6}) {
        Problem p;
        p.name = "pieces of a long run";
        p.headSize = size;
        p.globals = {300, 301};
        p.runs = {{0, 1200, false}};
        p.positions = positionsUpTo(1200);
        all.push_back(p);
        p.name = "pieces of many blocks";
        p.runs.clear();
        for (std::int64_t at = 10; at < 1200; at += 20) p.runs.push_back({at, 15, false, true, false, at + 1, at + 15});
        p.runs.push_back({100, 700, false, true});
        p.runs.push_back({0, 4, true, false, true});
        all.push_back(p);
    }
    return all;
}

CASE(gradientsOfEveryKindOfSightEqualLoopsInDouble) {
    for (const Problem& p : sightProblems()) {
        compare<float>(p);
        compare<Bf16>(p);
    }
}

CASE(gradientsOfEveryShapeAndLayoutEqualLoopsInDouble) {
    for (const Problem& p : shapeProblems()) {
        compare<float>(p);
        compare<Bf16>(p);
    }
}

CASE(gradientsSummedOverPiecesEqualLoopsInDouble) {
    for (const Problem& p : longProblems()) {
        compare<float>(p);
        compare<Bf16>(p);
    }
}

CASE(gradientsOfScalesOfEitherSignEqualLoops) {
    Problem p = sightProblems().front();
    for (float scale : {-0.7f, 0.0f}) {
        p.scale = scale;
        compare<float>(p);
        compare<Bf16>(p);
    }
}

template<class T>
void sameForAnySplit(const Problem& p) {
    const Tensors tensors(p);
    for (const KernelSet& set : kernelSets()) {
        const auto& kernels = kernelsFor(*set.kernels, T());
        const auto in = tensors.input<T>();
        const auto a = backward<T>(kernels, in, tensors.outputGradient<T>(), serial());
        const auto b = backward<T>(kernels, in, tensors.outputGradient<T>(), oneByOneBackwards());
        CHECK(sameBits(a.queries, b.queries) && sameBits(a.keys, b.keys) && sameBits(a.values, b.values) &&
              sameBits(a.ownKeys, b.ownKeys) && sameBits(a.ownValues, b.ownValues))
            << p.name << kernels.name;
        const auto alone = backward<T>(kernels, in, tensors.outputGradient<T>(), serial(), false);
        CHECK(sameBits(a.queries, alone.queries)) << p.name << kernels.name << "without gradients of rows";
    }
}

CASE(backwardBitsDoNotDependOnHowTheWorkIsSplit) {
    std::vector<Problem> problems = allProblems();
    for (const Problem& p : longProblems()) problems.push_back(p);
    for (const Problem& p : problems) {
        sameForAnySplit<float>(p);
        sameForAnySplit<Bf16>(p);
    }
}

template<class T>
bool sameBits(const Gradients<T>& a, const Gradients<T>& b) {
    return test::sameBits(a.queries, b.queries) && test::sameBits(a.keys, b.keys) &&
           test::sameBits(a.values, b.values) && test::sameBits(a.ownKeys, b.ownKeys) &&
           test::sameBits(a.ownValues, b.ownValues);
}

CASE(severalThreadsAtOnceGiveTheGradientsOfOne) {
    for (const Problem& p : longProblems()) {
        const Tensors tensors(p);
        for (const KernelSet& set : kernelSets()) {
            const auto run = [&](const ParallelFor& parallel) {
                return backward<float>(set.kernels->f32, tensors.input<float>(), tensors.outputGradient<float>(),
                                       parallel);
            };
            const auto one = run(serial());
            for (int repeat = 0; repeat < 3; ++repeat)
                CHECK(sameBits(one, run(threads(4)))) << p.name << set.kernels->f32.name;
        }
    }
}

CASE(callersOnSeveralThreadsDoNotDisturbOneAnother) {
    const auto problems = longProblems();
    const auto run = [](const Problem& p) {
        const Tensors tensors(p);
        return backward<Bf16>(kernelSets().back().kernels->bf16, tensors.input<Bf16>(), tensors.outputGradient<Bf16>(),
                              serial());
    };
    std::vector<Gradients<Bf16>> alone;
    for (const Problem& p : problems) alone.push_back(run(p));
    std::atomic<int> wrong = 0;
    threads(int(problems.size()))(std::int64_t(problems.size()), [&](std::int64_t first, std::int64_t) {
        // Each begins at another problem, so that different ones are under way at the same time.
        for (std::size_t i = 0; i < problems.size(); ++i) {
            const std::size_t at = (std::size_t(first) + i) % problems.size();
            wrong += !sameBits(run(problems[at]), alone[at]);
        }
    });
    CHECK(wrong == 0) << wrong << "results differ";
}

// d loss / d x by central differences of the reference's forward pass, where loss = sum of output * gradient.
double difference(Tensors& tensors, float& x) {
    constexpr float kStep = 0x1p-7f; // exact in f32 for values of order one
    const auto loss = [&] {
        const auto out = referenceAttention(tensors.input<float>()).out;
        double sum = 0;
        for (std::size_t i = 0; i < out.size(); ++i) sum += out[i] * tensors.outputGradient<float>()[i];
        return sum;
    };
    const float before = x;
    x = before + kStep;
    const double above = loss();
    x = before - kStep;
    const double below = loss();
    x = before;
    return (above - below) / (2.0 * kStep);
}

CASE(gradientsOfTheReferenceAreItsFiniteDifferences) {
    Problem p;
    p.runs = {{9, 4, false, true, false, 10, 13}, {4, 3}};
    p.positions = positionsUpTo(14);
    p.heads = 2;
    p.headSize = 3;
    Tensors tensors(p);
    const auto g = referenceAttentionGradients(tensors.input<float>(), tensors.outputGradient<float>());
    // third derivatives of order ten times the step squared over six
    constexpr double kTolerance = 10 * 0x1p-14 / 6;
    const std::pair<std::vector<float>*, const std::vector<double>*> parts[] = {{&tensors.queries(), &g.queries},
                                                                                {&tensors.keys(), &g.keys},
                                                                                {&tensors.values(), &g.values},
                                                                                {&tensors.ownKeys(), &g.ownKeys},
                                                                                {&tensors.ownValues(), &g.ownValues}};
    for (const auto& [values, gradients] : parts) {
        CHECK(values->size() == gradients->size()); // no gaps in this problem
        for (std::size_t i = 0; i < values->size(); ++i) {
            const double wanted = difference(tensors, (*values)[i]);
            CHECK(std::abs((*gradients)[i] - wanted) <= kTolerance) << "element" << i << (*gradients)[i] << wanted;
        }
    }
}

} // namespace
} // namespace palimpsest
