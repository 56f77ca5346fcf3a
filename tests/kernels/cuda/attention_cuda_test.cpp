// Sparse attention of the CUDA plug-in against sums in double, on the processor or on a card (subject.h).
#include "tests/kernels/cuda/attention_run.h"
#include "tests/kernels/cuda/attention_shapes.h"

#include <cmath>

namespace palimpsest::cuda {
namespace {

CASE(forwardAgreesWithSumsInDouble) {
    NEEDS_SUBJECT();
    for (const NamedProblem& named : attentionProblems(subject().bf16)) {
        const AttentionDouble expected = attentionInDouble(named.problem);
        const AttentionResult result = runAttention(named.problem, {.backward = false});
        CHECK(result.status == Status::Ok) << named.name;
        CHECK(worstRatio(result.output, expected.output) <= 1)
            << named.name << worstRatio(result.output, expected.output);
        CHECK(worstRatio(result.logSumExp, expected.logSumExp) <= 1) << named.name;
    }
}

// Rows of queries whose run has no own slots are not written: nothing is expected there.
void forgetWithoutOwn(const AttentionProblem16& p, std::vector<float>& result, Bounded& expected) {
    const auto width = std::size_t(p.shape.keyHeads * p.headSize);
    std::size_t at = 0;
    for (const AttentionRun& run : p.runs)
        for (std::int64_t query = 0; query < run.count; ++query)
            for (std::size_t k = 0; k < width; ++k, ++at)
                if (!run.own) result[at] = 0, expected.value[at] = 0;
}

CASE(gradientsAgreeWithSumsInDouble) {
    NEEDS_SUBJECT();
    for (const NamedProblem& named : attentionProblems(subject().bf16)) {
        AttentionDouble expected = attentionInDouble(named.problem);
        AttentionResult result = runAttention(named.problem, {});
        CHECK(result.status == Status::Ok) << named.name;
        forgetWithoutOwn(named.problem, result.ownKeys, expected.ownKeys);
        forgetWithoutOwn(named.problem, result.ownValues, expected.ownValues);
        const auto worst = [&](const char* what, const std::vector<float>& got, const Bounded& wanted) {
            CHECK(worstRatio(got, wanted) <= 1) << named.name << what << worstRatio(got, wanted);
        };
        worst("queries", result.queries, expected.queries);
        worst("keys", result.keys, expected.keys);
        worst("values", result.values, expected.values);
        worst("own keys", result.ownKeys, expected.ownKeys);
        worst("own values", result.ownValues, expected.ownValues);
    }
}

CASE(gradientsThatAreNotWantedAreNotWrittenAndChangeNoOther) {
    NEEDS_SUBJECT();
    AttentionProblem16 p = attentionProblems(subject().bf16).front().problem;
    p.runs = {{.first = 0, .count = 9, .causal = false, .own = true}};
    fillWithNumbers(p, 1);
    const AttentionResult all = runAttention(p, {});
    const AttentionResult own = runAttention(p, {.rowGradients = false});
    const AttentionResult rows = runAttention(p, {.ownGradients = false});
    CHECK(own.status == Status::Ok && rows.status == Status::Ok);
    CHECK(own.ownKeys == all.ownKeys && own.ownValues == all.ownValues && own.queries == all.queries);
    CHECK(rows.keys == all.keys && rows.values == all.values && rows.queries == all.queries);
    for (float value : own.keys) CHECK(value != value) << "written";
    for (float value : rows.ownKeys) CHECK(value != value) << "written";
}

CASE(resultsRepeatBitForBit) {
    NEEDS_SUBJECT();
    const std::vector<NamedProblem> all = attentionProblems(subject().bf16);
    for (std::size_t i = 0; i < all.size(); i += 4) {
        const AttentionResult first = runAttention(all[i].problem, {}), second = runAttention(all[i].problem, {});
        // Rows nobody writes are NaN both times: bytes are compared.
        const auto same = [](const std::vector<float>& a, const std::vector<float>& b) {
            return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
        };
        CHECK(same(first.output, second.output) && same(first.logSumExp, second.logSumExp)) << all[i].name;
        CHECK(same(first.queries, second.queries) && same(first.keys, second.keys)) << all[i].name;
        CHECK(same(first.values, second.values) && same(first.ownKeys, second.ownKeys)) << all[i].name;
        CHECK(same(first.ownValues, second.ownValues)) << all[i].name;
    }
}

CASE(positionsBeyondTheLimitAreNotPlanned) {
    const AttentionShape shape;
    const std::vector<std::int64_t> near{kFar - 1}, far{kFar};
    const AttentionRun inside{.first = 5, .count = 3}, outside{.first = kFar - 2, .count = 3};
    CHECK(planAttention(shape, near, {}, {&inside, 1}));
    CHECK(!planAttention(shape, far, {}, {&inside, 1}));
    CHECK(!planAttention(shape, near, {}, {&outside, 1}));
}

CASE(aQueryThatSeesNothingGivesZerosAndMinusInfinity) {
    NEEDS_SUBJECT();
    AttentionProblem16 p = attentionProblems(subject().bf16).front().problem;
    p.runs = {{.first = 3, .count = 2, .hiddenBegin = 0, .hiddenEnd = kEndOfText}};
    fillWithNumbers(p, 1);
    const AttentionResult result = runAttention(p, {.backward = false});
    for (float value : result.output) CHECK(value == 0);
    for (float value : result.logSumExp) CHECK(value == -INFINITY);
}

CASE(nothingToDoIsNotAnError) {
    NEEDS_SUBJECT();
    AttentionProblem16 p = attentionProblems(subject().bf16).front().problem;
    p.runs = {{.first = 3, .count = 0}};
    fillWithNumbers(p, 1);
    CHECK(runAttention(p, {.backward = false}).status == Status::Ok);
}

CASE(sizesTheKernelsDoNotTakeAreRefused) {
    NEEDS_SUBJECT();
    AttentionProblem16 p = attentionProblems(subject().bf16).front().problem;
    p.headSize = 48;
    fillWithNumbers(p, 1);
    CHECK(runAttention(p, {.backward = false}).status == Status::BadSize);
}

CASE(bf16IsRefusedOnACardWithoutIt) {
    NEEDS_SUBJECT();
    if (subject().bf16) return test::skip("this card has bf16");
    AttentionProblem16 p = attentionProblems(false).front().problem;
    p.format = Format::Bf16;
    CHECK(runAttention(p, {.backward = false}).status == Status::OldCard);
}

} // namespace
} // namespace palimpsest::cuda
