// The clean stream of a manuscript that is being typed: always what a fresh computation would give, at the price of
// what changed.
#include "models/context_cache.h"
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

// Whether the cache predicts what a model that just read `ids` predicts, and blocks see the same text.
void checkFresh(const ContextCache& cache, const std::vector<std::int64_t>& ids, const char* when) {
    const Model& model = tinyModel();
    auto fresh = model.makeContext(kGlobals);
    const auto hidden = encode(model, fresh, ids, 0);
    CHECK(apart(cache.lastHidden(), hidden[-1]) < kRounding) << when;
    CHECK(cache.context().length() == std::int64_t(ids.size())) << when;
    const auto start = std::int64_t(ids.size());
    NoisedBlock block{&fresh, ids.back(), start, model.absorbing().expand({4, 32}), torch::ones({4})};
    const auto wanted = model.noised(std::span(&block, 1)).front();
    block.context = &cache.context();
    CHECK(apart(model.noised(std::span(&block, 1)).front(), wanted) < kRounding) << when;
}

CASE(typingAtTheEndRunsOnlyWhatWasTyped) {
    ContextCache cache(tinyModel());
    auto ids = someIds(1000);
    CHECK(cache.advance(ids, kGlobals, {}).ok() && cache.lastComputed() == 1000);
    for (std::int64_t id : someIds(5, 2)) {
        ids.push_back(id);
        CHECK(cache.advance(ids, kGlobals, {}).ok() && cache.lastComputed() == 1);
    }
    checkFresh(cache, ids, "after typing");
    CHECK(cache.advance(ids, kGlobals, {}).ok() && cache.lastComputed() == 0);
}

CASE(anEditRunsWhatComesAfterIt) {
    ContextCache cache(tinyModel());
    auto ids = someIds(1000);
    CHECK(cache.advance(ids, kGlobals, {}).ok());
    ids[900] = 7;
    ids.insert(ids.begin() + 901, 8);
    CHECK(cache.advance(ids, kGlobals, {}).ok() && cache.lastComputed() == 101);
    checkFresh(cache, ids, "after an edit");
    ids.resize(950);
    CHECK(cache.advance(ids, kGlobals, {}).ok() && cache.lastComputed() == 1);
    checkFresh(cache, ids, "after a deletion at the end");
}

CASE(anEditFarBackStartsFromACheckpoint) {
    ContextCache cache(tinyModel());
    auto ids = someIds(6000);
    CHECK(cache.advance(ids, kGlobals, {}).ok());
    ids[2000] = ids[2000] == 9 ? 10 : 9;
    CHECK(cache.advance(ids, kGlobals, {}).ok());
    CHECK(cache.lastComputed() >= 4000 && cache.lastComputed() <= 4000 + ContextCache::kChunk) << cache.lastComputed();
    checkFresh(cache, ids, "after an edit far back");
    ids[3] = ids[3] == 9 ? 10 : 9;
    CHECK(cache.advance(ids, kGlobals, {}).ok() && cache.lastComputed() == 6000);
    checkFresh(cache, ids, "after an edit of the first words");
}

CASE(memoryStopsGrowingWithTheText) {
    ContextCache cache(tinyModel());
    const auto ids = someIds(30000);
    std::size_t most = 0, at12k = 0;
    for (std::size_t length = 1000; length <= ids.size(); length += 1000) {
        CHECK(cache.advance(std::span(ids).first(length), kGlobals, {}).ok());
        most = std::max(most, cache.bytes());
        if (length == 12000) at12k = most;
    }
    CHECK(most <= at12k + at12k / 4) << most << at12k;
}

CASE(otherGlobalsStartAfresh) {
    ContextCache cache(tinyModel());
    const auto ids = someIds(200);
    CHECK(cache.advance(ids, 50, {}).ok());
    CHECK(cache.advance(ids, kGlobals, {}).ok() && cache.lastComputed() == 200);
    checkFresh(cache, ids, "after other globals");
}

CASE(aStopKeepsWhatWasRead) {
    ContextCache cache(tinyModel());
    const auto ids = someIds(700);
    std::stop_source stop;
    stop.request_stop();
    const auto stopped = cache.advance(ids, kGlobals, stop.get_token());
    CHECK(!stopped.ok() && stopped.error().code == ErrorCode::Cancelled);
    CHECK(cache.advance(ids, kGlobals, {}).ok() && cache.lastComputed() == 700);
    checkFresh(cache, ids, "after a stop");
}

CASE(noTextIsAnError) {
    ContextCache cache(tinyModel());
    CHECK(!cache.advance({}, kGlobals, {}).ok());
}

} // namespace
} // namespace palimpsest
