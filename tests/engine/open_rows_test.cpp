// What a noised pass foretells of open cells, alone and behind those decided before them, on the tiny model.
#include "engine/inference/open_rows.h"
#include "tests/engine/tiny_engine.h"
#include "tests/support/cases.h"

namespace palimpsest {
namespace {

bool same(const torch::Tensor& a, const torch::Tensor& b) {
    return (a - b).abs().max().item<double>() <= 1e-5 * b.abs().max().item<double>();
}

CASE(cellsBehindOpenOnesKnowWhatWasDecidedThere) {
    const auto model = Model::open(test::tinyModelFolder(), {});
    CHECK(model.ok());
    torch::manual_seed(1);
    const std::vector<std::size_t> cells{4, 5, 7, 8, 9};            // 6 is locked
    const auto block = torch::randn({8, (*model)->config().width}); // of cells 3 … 10
    const OpenRows rows(**model, cells, {3, 4, block, {}, {}});
    const auto hidden = block.index_select(0, torch::tensor({1, 2, 4, 5, 6}));
    const auto alone = (*model)->logits(hidden);
    const auto behind = [&](std::int64_t i, std::int64_t before, std::int64_t beforeThat) {
        return (*model)->logits(
            (*model)->afterTokens(hidden.narrow(0, i, 1), std::span(&before, 1), std::span(&beforeThat, 1)))[0];
    };
    CHECK(same(rows.logits(0, 30, 31), alone[0])) << "the pass knew what is before it";
    CHECK(same(rows.logits(1, 32, 30), behind(1, 32, 30)));
    CHECK(!same(rows.logits(1, 32, 30), rows.logits(1, 33, 30)));
    CHECK(!same(rows.logits(1, 32, 30), rows.logits(1, 32, 31)));
    CHECK(same(rows.logits(2, 34, 32), alone[2])) << "behind a locked one";
    CHECK(same(rows.logits(3, 35, 34), behind(3, 35, 34)));
    CHECK(!rows.depends(0) && rows.depends(1) && !rows.depends(2) && rows.depends(3));
    const std::vector<std::int64_t> words{32, 33}, wordsBefore{30, 31};
    const auto frequent = rows.frequentLogits(1, words, wordsBefore);
    const auto third = ((*model)->config().vocabulary + 2) / 3;
    CHECK(frequent.size(0) == 2 && frequent.size(1) == third);
    CHECK(same(frequent[0], behind(1, 32, 30).narrow(0, 0, third)));
    CHECK(same(frequent[1], behind(1, 33, 31).narrow(0, 0, third)));
    CHECK(rows.guessed().size(0) == 1 && same(rows.guessed()[0], alone[4]));
}

CASE(softStatesKeepTheirEvidence) {
    const auto model = Model::open(test::tinyModelFolder(), {});
    CHECK(model.ok());
    torch::manual_seed(2);
    const std::vector<std::size_t> cells{0, 1, 2};
    const std::vector<std::int64_t> words{40, 41, 42};
    const auto hidden = torch::randn({3, (*model)->config().width});
    const auto state = (*model)->meanState(words, 0.5), level = torch::full({3}, 0.5);
    const OpenRows rows(**model, cells, {0, 2, hidden, state, level});
    const std::int64_t before = 50, beforeThat = 51;
    const auto after = (*model)->afterTokens(hidden.narrow(0, 1, 1), std::span(&before, 1), std::span(&beforeThat, 1));
    CHECK(same(rows.logits(0, 1, 2), (*model)->logits(hidden, state, level)[0]));
    CHECK(same(rows.logits(1, before, beforeThat),
               (*model)->logits(after, state.narrow(0, 1, 1), level.narrow(0, 1, 1))[0]));
    CHECK(same(rows.guessed()[0], (*model)->logits(hidden, state, level)[2]));
}

} // namespace
} // namespace palimpsest
