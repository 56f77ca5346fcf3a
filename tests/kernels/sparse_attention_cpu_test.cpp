// Sparse attention on the CPU, forward: every instruction set of this machine against sums in double.
#include "kernels/cpu/sparse_attention_plan.h"
#include "kernels/reference/attention_reference.h"
#include "tests/kernels/sparse_attention_run.h"
#include "tests/support/cases.h"

namespace palimpsest {
namespace {

using namespace test;

template<class T>
void compare(const Problem& p) {
    const Tensors tensors(p);
    const auto wanted = referenceAttention(tensors.input<float>());
    for (const KernelSet& set : kernelSets()) {
        const auto& kernels = kernelsFor(*set.kernels, T());
        const auto got = forward<T>(kernels, tensors.input<T>(), serial());
        // a mean of values of order one, with weights from scores that are sums of K products
        const double error = worst(got.out, wanted.out), bound = tolerance<T>(p);
        CHECK(error <= bound) << p.name << kernels.name << error << "more than" << bound;
        const double ofSums = worst(got.logSumExp, wanted.logSumExp);
        CHECK(ofSums <= bound) << p.name << kernels.name << "log-sum-exp off by" << ofSums;
    }
}

CASE(everyKindOfSightEqualsLoopsInDouble) {
    for (const Problem& p : sightProblems()) {
        compare<float>(p);
        compare<Bf16>(p);
    }
}

CASE(everyShapeAndLayoutEqualsLoopsInDouble) {
    for (const Problem& p : shapeProblems()) {
        compare<float>(p);
        compare<Bf16>(p);
    }
}

CASE(scalesOfEitherSignAndZeroEqualLoops) {
    Problem p = sightProblems().front();
    for (float scale : {-0.7f, 0.0f, 3.0f}) {
        p.scale = scale;
        compare<float>(p);
        compare<Bf16>(p);
    }
}

CASE(largeScoresNeitherOverflowNorVanish) {
    Problem p = sightProblems().back();
    p.scale = 60; // scores of some hundreds, rising and falling from key to key
    const Tensors tensors(p);
    const auto wanted = referenceAttention(tensors.input<float>());
    for (const KernelSet& set : kernelSets()) {
        const auto got = forward<float>(set.kernels->f32, tensors.input<float>(), serial());
        // a score of size s is rounded to eps s, and its weight by as much of itself
        CHECK(worst(got.out, wanted.out) <= 60 * 8 * tolerance<float>(p)) << set.kernels->f32.name;
    }
}

CASE(aQueryThatSeesNothingGivesZerosAndMinusInfinity) {
    Problem p;
    p.runs = {{60, 3}};
    p.positions = {70, 71};
    for (const KernelSet& set : kernelSets()) {
        const auto got = forward<float>(set.kernels->f32, Tensors(p).input<float>(), serial());
        for (float x : got.out) CHECK(x == 0) << set.kernels->f32.name << x;
        for (float x : got.logSumExp) CHECK(x == -std::numeric_limits<float>::infinity()) << x;
    }
}

CASE(forwardBitsDoNotDependOnHowTheWorkIsSplit) {
    std::vector<Problem> problems = sightProblems();
    for (const Problem& p : shapeProblems()) problems.push_back(p);
    for (const Problem& p : problems) {
        const Tensors tensors(p);
        for (const KernelSet& set : kernelSets()) {
            const auto a = forward<float>(set.kernels->f32, tensors.input<float>(), serial());
            const auto b = forward<float>(set.kernels->f32, tensors.input<float>(), oneByOneBackwards());
            CHECK(sameBits(a.out, b.out) && sameBits(a.logSumExp, b.logSumExp)) << p.name << set.kernels->f32.name;
        }
    }
}

CASE(severalThreadsAtOnceAttendToTheBitsOfOne) {
    std::vector<Problem> problems = sightProblems();
    for (const Problem& p : shapeProblems()) problems.push_back(p);
    for (const Problem& p : problems) {
        const Tensors tensors(p);
        for (const KernelSet& set : kernelSets()) {
            const auto one = forward<Bf16>(set.kernels->bf16, tensors.input<Bf16>(), serial());
            const auto four = forward<Bf16>(set.kernels->bf16, tensors.input<Bf16>(), threads(4));
            CHECK(sameBits(one.out, four.out) && sameBits(one.logSumExp, four.logSumExp)) << p.name;
            const auto wide = forward<float>(set.kernels->f32, tensors.input<float>(), serial());
            const auto shared = forward<float>(set.kernels->f32, tensors.input<float>(), threads(4));
            CHECK(sameBits(wide.out, shared.out) && sameBits(wide.logSumExp, shared.logSumExp)) << p.name;
        }
    }
}

CASE(theKernelThatIsNamedIsTheOneOfTheProcessor) {
    const AttentionKernelSet& set = attentionKernels(instructions());
    CHECK(std::string(sparseAttentionKernel(false)) == set.f32.name);
    CHECK(std::string(sparseAttentionKernel(true)) == set.bf16.name);
    CHECK(&attentionKernels(limited(processorInstructions(), "scalar")) == &attentionKernelsScalar());
}

} // namespace
} // namespace palimpsest
