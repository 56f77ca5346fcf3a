// The two streams on the tiny model: what is cached or forgotten changes nothing that is seen.
#include "tests/models/tiny_fixture.h"

#include "tests/support/cases.h"

namespace palimpsest {
namespace {

using test::apart;
using test::encode;
using test::kRounding;
using test::someIds;
using test::tinyModel;

constexpr int kGlobals = 4;

NoisedBlock block(const Model& model, const CleanContext& context, std::int64_t anchor, std::int64_t start) {
    torch::manual_seed(start);
    const auto state = model.absorbing() + 0.3 * torch::randn({5, 32});
    return {&context, anchor, start, state, torch::tensor({0.0f, 0.3f, 0.5f, 1.0f, 1.0f})};
}

torch::Tensor noised(const Model& model, const NoisedBlock& block) {
    return model.noised(std::span(&block, 1)).front();
}

CASE(appendingInPiecesEqualsOnePass) {
    const Model& model = tinyModel();
    const auto ids = someIds(300);
    auto whole = model.makeContext(kGlobals), pieces = model.makeContext(kGlobals);
    const auto wanted = encode(model, whole, ids, 0);
    std::vector<torch::Tensor> parts;
    std::int64_t at = 0;
    for (std::int64_t count : {1, 7, 100, 2, 190}) {
        parts.push_back(encode(model, pieces, {ids.begin() + at, ids.begin() + at + count}, at));
        at += count;
    }
    CHECK(at == 300 && pieces.length() == 300);
    CHECK(apart(torch::cat(parts), wanted) < kRounding);
    for (int layer = 0; layer < 3; ++layer) CHECK(apart(pieces.keys(layer), whole.keys(layer)) < kRounding) << layer;
}

CASE(aTextLongerThanOnePassEqualsPieces) {
    const Model& model = tinyModel();
    const auto ids = someIds(1500);
    auto whole = model.makeContext(kGlobals), pieces = model.makeContext(kGlobals);
    const auto wanted = encode(model, pieces, {ids.begin(), ids.begin() + 600}, 0);
    const auto rest = encode(model, pieces, {ids.begin() + 600, ids.end()}, 600);
    CHECK(apart(encode(model, whole, ids, 0), torch::cat({wanted, rest})) < kRounding);
}

CASE(severalContextsInOnePassEqualEachAlone) {
    const Model& model = tinyModel();
    const auto a = someIds(700, 2), b = someIds(650, 3), c = someIds(3, 4);
    auto contextA = model.makeContext(kGlobals), contextB = model.makeContext(0), contextC = model.makeContext(2);
    const std::vector<CleanInput> inputs{{&contextA, a, 0}, {&contextB, b, 0}, {&contextC, c, 0}};
    const auto together = model.clean(inputs);
    auto alone = model.makeContext(0);
    CHECK(together.size() == 3 && apart(together[1], encode(model, alone, b, 0)) < kRounding);
    CHECK(contextA.length() == 700 && contextB.length() == 650 && contextC.length() == 3);
    auto aloneA = model.makeContext(kGlobals);
    CHECK(apart(together[0], encode(model, aloneA, a, 0)) < kRounding);
}

CASE(trimmingDoesNotChangeWhatLaterQueriesSee) {
    const Model& model = tinyModel();
    const auto ids = someIds(400);
    const std::vector<std::int64_t> left{ids.begin(), ids.begin() + 350}, rest{ids.begin() + 350, ids.end()};
    auto whole = model.makeContext(kGlobals), trimmed = model.makeContext(kGlobals);
    encode(model, whole, left, 0);
    encode(model, trimmed, left, 0);
    trimmed.trim(350);
    CHECK(trimmed.positions(0).size() < whole.positions(0).size() / 3);
    CHECK(trimmed.bytes() < whole.bytes() / 3);
    CHECK(apart(noised(model, block(model, trimmed, left.back(), 350)),
                noised(model, block(model, whole, left.back(), 350))) < kRounding);
    CHECK(apart(encode(model, trimmed, rest, 350), encode(model, whole, rest, 350)) < kRounding);
}

CASE(aTrimmedContextIsBoundedByThePatternWhateverTheText) {
    const Model& model = tinyModel();
    const SparsePattern& p = model.config().pattern;
    auto context = model.makeContext(kGlobals);
    std::size_t most = 0;
    for (std::int64_t at = 0; at < 1200; at += 60) {
        encode(model, context, someIds(60, std::uint64_t(at)), at);
        context.trim(at + 60);
        if (at > p.reach()) most = std::max(most, context.positions(0).size());
    }
    CHECK(most <= std::size_t(kGlobals + p.window + p.count)) << most;
}

CASE(truncatingAndWritingAgainEqualsAFreshText) {
    const Model& model = tinyModel();
    const auto first = someIds(200, 5), second = someIds(200, 6);
    auto edited = model.makeContext(kGlobals), fresh = model.makeContext(kGlobals);
    encode(model, edited, first, 0);
    CHECK(edited.truncate(120) && edited.length() == 120);
    std::vector<std::int64_t> text{first.begin(), first.begin() + 120};
    text.insert(text.end(), second.begin(), second.end());
    const auto got = encode(model, edited, second, 120);
    CHECK(apart(got, encode(model, fresh, text, 0).narrow(0, 120, 200)) < kRounding);
}

CASE(truncatingBehindWhatWasTrimmedIsRefused) {
    const Model& model = tinyModel();
    auto context = model.makeContext(kGlobals);
    encode(model, context, someIds(300), 0);
    context.trim(250);
    const auto rows = context.positions(0).size();
    CHECK(!context.truncate(249) && context.length() == 300 && context.positions(0).size() == rows);
    CHECK(context.truncate(250) && context.length() == 250);
}

CASE(copiesAreIndependent) {
    const Model& model = tinyModel();
    const auto ids = someIds(100);
    auto context = model.makeContext(kGlobals);
    encode(model, context, ids, 0);
    auto copy = context.Copy();
    const auto before = context.keys(1).clone();
    encode(model, copy, someIds(50, 9), 100);
    CHECK(copy.truncate(10));
    CHECK(context.length() == 100 && apart(context.keys(1), before) == 0);
    const auto small = context.Copy(100);
    CHECK(small.length() == 100 && small.bytes() < context.bytes());
    CHECK(apart(noised(model, block(model, small, ids.back(), 100)),
                noised(model, block(model, context, ids.back(), 100))) < kRounding);
}

CASE(aGapStaysOneAndIsNotFilledFromBehind) {
    const Model& model = tinyModel();
    const auto left = someIds(60, 1), gap = someIds(20, 2), right = someIds(40, 3);
    auto holed = model.makeContext(kGlobals), plain = model.makeContext(kGlobals);
    encode(model, holed, left, 0);
    const auto rightHidden = encode(model, holed, right, 80);
    CHECK(holed.length() == 120 && holed.positions(0).size() == 100);
    encode(model, plain, left, 0);
    encode(model, plain, gap, 60);
    CHECK(apart(encode(model, plain, right, 80), rightHidden) > 1e-2) << "the gap was seen";
    bool refused = false;
    try {
        encode(model, holed, gap, 60);
    } catch (const c10::Error&) {
        refused = true;
    }
    CHECK(refused && holed.length() == 120 && holed.positions(0).size() == 100);
}

// The keys of the first tokens of a text as they would be with the text beginning at `position`.
torch::Tensor keysFrom(const Model& model, const std::vector<std::int64_t>& text, std::int64_t position, int layer) {
    auto context = model.makeContext(0);
    encode(model, context, {text.begin(), text.begin() + kGlobals}, position);
    return context.keys(layer);
}

CASE(beyondWhatTheBaseWasTrainedOnTheGlobalsFollowTheText) {
    const Model& model = tinyModel();
    CHECK(model.config().trainedContext == 512); // globals are seen from half of that, in stretches of a quarter
    const auto ids = someIds(1100);
    auto context = model.makeContext(kGlobals);
    std::int64_t at = 0;
    for (const auto& [length, shift] : {std::pair{256, 0}, {257, 128}, {384, 128}, {385, 256}, {1100, 896}}) {
        encode(model, context, {ids.begin() + at, ids.begin() + length}, at);
        at = length;
        for (int layer = 0; layer < 3; ++layer)
            CHECK(apart(context.keys(layer).narrow(0, 0, kGlobals), keysFrom(model, ids, shift, layer)) < 1e-4)
                << "layer" << layer << "after" << length;
    }
    CHECK(apart(keysFrom(model, ids, 256, 0), keysFrom(model, ids, 0, 0)) > 1e-2) << "nothing was turned";
}

CASE(beyondWhatTheBaseWasTrainedOnPiecesAndEditsEqualAFreshText) {
    const Model& model = tinyModel();
    const auto ids = someIds(1100), other = someIds(400, 5);
    auto fresh = model.makeContext(kGlobals), pieces = model.makeContext(kGlobals);
    const auto wanted = encode(model, fresh, ids, 0);
    std::vector<torch::Tensor> parts;
    for (std::int64_t at = 0, count = 1; at < 1100; at += count, count = std::min<std::int64_t>(137, 1100 - at))
        parts.push_back(encode(model, pieces, {ids.begin() + at, ids.begin() + at + count}, at));
    CHECK(apart(torch::cat(parts), wanted) < kRounding);
    // Written on from further up, where the globals lay elsewhere; then as it was.
    CHECK(pieces.truncate(600));
    encode(model, pieces, other, 600);
    CHECK(pieces.truncate(100));
    CHECK(apart(encode(model, pieces, {ids.begin() + 100, ids.end()}, 100), wanted.narrow(0, 100, 1000)) < kRounding);
    for (int layer = 0; layer < 3; ++layer) CHECK(apart(pieces.keys(layer), fresh.keys(layer)) < kRounding) << layer;
}

CASE(aBlockSeesItsRightSide) {
    const Model& model = tinyModel();
    const auto left = someIds(60, 1);
    auto open = model.makeContext(kGlobals), closed = model.makeContext(kGlobals);
    encode(model, open, left, 0);
    encode(model, closed, left, 0);
    encode(model, closed, someIds(20, 7), 65);
    CHECK(apart(noised(model, block(model, closed, left.back(), 60)),
                noised(model, block(model, open, left.back(), 60))) > 1e-2);
}

CASE(batchedBlocksEqualEachAlone) {
    const Model& model = tinyModel();
    const auto ids = someIds(150);
    auto a = model.makeContext(kGlobals), b = model.makeContext(0);
    encode(model, a, ids, 0);
    encode(model, b, someIds(70, 8), 0);
    std::vector<NoisedBlock> blocks{block(model, a, ids.back(), 150), block(model, b, 40, 70),
                                    block(model, a, ids.back(), 150), block(model, a, ids[99], 100)};
    blocks[2].state = blocks[2].state * 0.5;
    const auto together = model.noised(blocks);
    for (std::size_t i = 0; i < blocks.size(); ++i)
        CHECK(apart(together[i], noised(model, blocks[i])) < kRounding) << "block" << i;
    CHECK(apart(together[0], together[2]) > 1e-3);
}

CASE(aPassOverBlocksLeavesTheContextAsItWas) {
    const Model& model = tinyModel();
    auto context = model.makeContext(kGlobals);
    encode(model, context, someIds(90), 0);
    const auto before = context.keys(2).clone();
    noised(model, block(model, context, 5, 90));
    CHECK(context.length() == 90 && context.positions(2).size() == 90 && apart(context.keys(2), before) == 0);
}

CASE(everyWayThroughATreeEqualsTheTextBehindTheContext) {
    const Model& model = tinyModel();
    for (const std::int64_t length : {0, 1, 300, 1021}) { // the last: beyond the pattern
        const auto left = someIds(std::size_t(length));
        auto context = model.makeContext(kGlobals), other = model.makeContext(kGlobals);
        if (length) encode(model, context, left, 0);
        encode(model, other, someIds(20, 9), 0);
        //  7 - 8 - 9      7 - 11      12
        //      8 - 10
        const TokenTree tree{&context, length, {7, 8, 9, 10, 11, 12}, {-1, 0, 1, 1, 0, -1}};
        const TokenTree single{&other, 20, {5, 6}, {-1, 0}};
        const std::vector<TokenTree> trees{tree, single};
        const auto rows = context.positions(0).size();
        const std::vector<TreePass> passes = model.branches(trees);
        const std::vector<torch::Tensor> got{passes[0].hidden, passes[1].hidden};
        CHECK(context.length() == length && context.positions(0).size() == rows);
        const auto behind = [&](CleanContext& before, std::vector<std::int64_t> ids, std::int64_t at) {
            CleanContext copy = before.Copy();
            return encode(model, copy, std::move(ids), at);
        };
        const auto first = behind(context, {7, 8, 9}, length), second = behind(context, {7, 8, 10}, length);
        CHECK(apart(got[0].narrow(0, 0, 3), first) < kRounding) << length;
        CHECK(apart(got[0][3], second[2]) < kRounding) << length;
        CHECK(apart(got[0][4], behind(context, {7, 11}, length)[1]) < kRounding) << length;
        CHECK(apart(got[0][5], behind(context, {12}, length)[0]) < kRounding) << length;
        CHECK(apart(got[1], behind(other, {5, 6}, 20)) < kRounding) << length;
        const auto next = behind(context, {7, 8, 10, 42}, length)[3];
        model.take(tree, passes[0], 3);
        CHECK(context.length() == length + 3);
        CHECK(apart(encode(model, context, {42}, length + 3)[0], next) < kRounding) << length;
    }
}

CASE(theBaseAloneOpensAndItsNoisedStreamIsTheBases) {
    const Model& model = tinyModel(false);
    CHECK(!model.hasDenoiser() && model.summary().denoiserParameters == 0 && tinyModel().hasDenoiser());
    CHECK(model.summary().baseParameters == tinyModel().summary().baseParameters);
    CHECK(model.summary().hash.size() == 64 && model.summary().hash != tinyModel().summary().hash);
    const auto ids = someIds(40);
    auto context = model.makeContext(kGlobals);
    encode(model, context, ids, 0);
    const auto hidden =
        noised(model, {&context, ids.back(), 40, model.embed(std::span(ids).first(3)), torch::zeros({3})});
    CHECK(hidden.sizes() == c10::IntArrayRef({3, 32}) && hidden.isfinite().all().item<bool>());
}

CASE(evidenceIsTheGaussianLikelihoodOfTheState) {
    const Model& model = tinyModel();
    const auto ids = someIds(4);
    torch::manual_seed(3);
    const auto hidden = torch::randn({4, 32}), level = torch::tensor({0.0f, 0.3f, 0.6f, 1.0f});
    const auto state = model.softState(ids, 0.3, torch::randn({4, 32}));
    std::vector<std::int64_t> all(std::size_t(model.config().vocabulary));
    for (std::size_t i = 0; i < all.size(); ++i) all[i] = std::int64_t(i);
    const auto table = model.embed(all).to(torch::kFloat64);
    const auto centred = table - table.mean(0);
    const double variance = centred.square().mean().item<double>();
    const auto got = model.logits(hidden, state, level), plain = model.logits(hidden);
    for (std::int64_t i = 0; i < 4; ++i) {
        auto wanted = plain[i].to(torch::kFloat64);
        const double t = level[i].item<double>();
        if (t > 0 && t < 1) {
            // log of a normal density around m + sqrt(a) (E_v - m), spread sqrt(1 - a) s; what does not depend on v is
            // that of the centred form
            const double a = model.schedule().alphaBar(t), kappa = std::sqrt(a) / ((1 - a) * variance);
            const auto seen = (state[i] - model.absorbing()).to(torch::kFloat64);
            wanted = wanted + kappa * torch::mv(centred, seen) - kappa * std::sqrt(a) / 2 * centred.square().sum(1);
        }
        CHECK(apart(got[i].to(torch::kFloat64), wanted) < 1e-4) << "row" << i;
    }
}

CASE(statesRunFromTheWordToTheAbsorbingVector) {
    const Model& model = tinyModel();
    const auto ids = someIds(6);
    const double a = model.schedule().alphaBar(0.4);
    const auto wanted = model.absorbing() + std::sqrt(a) * (model.embed(ids) - model.absorbing());
    CHECK(apart(model.meanState(ids, 0.4), wanted) < 1e-6);
    CHECK(apart(model.softState(ids, 0.4, torch::zeros({6, 32})), wanted) < 1e-6);
    CHECK(apart(model.meanState(ids, 1), model.absorbing().expand({6, 32})) < 0.1);
}

} // namespace
} // namespace palimpsest
