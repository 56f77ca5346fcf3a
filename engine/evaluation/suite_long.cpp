// The same words behind more and more of their book: what length costs in likelihood, time and memory, against a dense
// base and against patterns without globals or without the grid; and whether a name told early is still known.
#include "engine/evaluation/suites.h"
#include "engine/evaluation/text_measures.h"

#include <algorithm>
#include <chrono>
#include <limits>

namespace palimpsest {
namespace {

constexpr std::size_t kTarget = 512;   // tokens whose likelihood is measured
constexpr int kDraftTokens = 64;       // of a draft behind the same context
constexpr std::size_t kDensest = 8192; // tokens of the longest dense context: its cost grows with the square
constexpr const char* kNames[] = {"Alder", "Birch", "Cedar", "Hazel", "Maple", "Rowan", "Thorn", "Willow"};
constexpr const char* kAsked = "\n\nThe name of the old harbour master was";

struct Variant {
    const char* name;
    std::optional<SparsePattern> pattern; // nothing: the model's own
    int globals;
    std::size_t longest = std::numeric_limits<std::size_t>::max(); // context, in tokens
    bool drafts = false;
};

std::vector<Variant> variantsOf(const SparsePattern& own) {
    SparsePattern noGrid = own, dense = own;
    noGrid.count = 0;
    dense.window = 1 << 20;
    dense.count = 0;
    return {{.name = "sparse", .pattern = {}, .globals = own.globals, .drafts = true},
            {.name = "without globals", .pattern = {}, .globals = 0},
            {.name = "without grid", .pattern = noGrid, .globals = own.globals},
            {.name = "dense", .pattern = dense, .globals = own.globals, .longest = kDensest}};
}

// How often the name told at the head of the context (where the globals are), or as many tokens before the question as
// `back` says, is thought likeliest of eight to follow it.
double recall(const SuiteRun& run, const Judge& judge, int globals, std::size_t length, bool atHead) {
    int right = 0;
    const auto asked = judge.encode(kAsked);
    std::vector<std::int64_t> beginnings; // first tokens of the names: no two alike
    for (const char* name : kNames) beginnings.push_back(judge.encode(std::string(" ") + name).front());
    for (std::size_t n = 0; n < std::size(kNames); ++n) {
        const auto told = judge.encode(std::string("The name of the old harbour master was ") + kNames[n] + ".\n\n");
        const auto excerpt = run.excerpt(int(n), length - told.size() - asked.size(), 0, 0);
        if (!excerpt) return 0;
        std::vector<std::int64_t> ids(excerpt->leftIds.begin(), excerpt->leftIds.end());
        ids.insert(atHead ? ids.begin() : ids.begin() + std::ptrdiff_t(ids.size() / 2), told.begin(), told.end());
        ids.insert(ids.end(), asked.begin(), asked.end());
        const auto likelihoods = judge.nextAfter(ids, beginnings, run.stop, globals);
        right += std::ranges::max_element(likelihoods) - likelihoods.begin() == std::ptrdiff_t(n);
    }
    return double(right) / double(std::size(kNames));
}

Result<Json> measured(SuiteRun& run, const Judge& judge, const Variant& variant, std::size_t length) {
    using Clock = std::chrono::steady_clock;
    Mean crossEntropy, perSecond;
    for (int i = 0; i < run.samples(6); ++i) {
        // The target lies where it lies for the longest context, so that every length predicts the same words.
        const auto longest = std::size_t(*std::ranges::max_element(run.options.lengths));
        const auto excerpt = run.excerpt(i, longest, kTarget, 0);
        if (!excerpt) return booksTooShort();
        std::vector<std::int64_t> ids(excerpt->leftIds.end() - std::ptrdiff_t(length), excerpt->leftIds.end());
        ids.insert(ids.end(), excerpt->middleIds.begin(), excerpt->middleIds.end());
        const auto begin = Clock::now();
        crossEntropy.add(judge.score(ids, length, run.stop, variant.globals).each());
        perSecond.add(double(ids.size()) / std::chrono::duration<double>(Clock::now() - begin).count());
    }
    return Json{{"pattern", variant.name},
                {"context", length},
                {"excerpts", crossEntropy.count()},
                {"cross_entropy", crossEntropy.mean()},
                {"tokens_per_second", perSecond.mean()},
                {"recall_of_head", recall(run, judge, variant.globals, length, true)},
                {"recall_of_middle", recall(run, judge, variant.globals, length, false)}};
}

// Drafts of the engine behind the context: whether they stay prose.
Result<void> addDrafts(SuiteRun& run, std::size_t length, Json& row) {
    Mean crossEntropy;
    std::vector<std::string> texts;
    double peakMb = 0;
    for (int i = 0; i < std::min(3, run.samples(3)); ++i) {
        const auto excerpt = run.excerpt(i, length, 0, 0);
        if (!excerpt) return booksTooShort();
        DraftRequest request;
        request.left = excerpt->left;
        request.options.tokens = kDraftTokens;
        request.options.temperature = run.options.temperatures.front();
        request.options.seed = run.options.seed + std::uint64_t(i);
        const auto end = run.draft(request);
        if (!end) return end.error();
        texts.push_back(end->candidates.front().text);
        // Judged behind a context the base knows well, whatever the draft was given.
        const auto near = excerpt->leftIds.last(std::min<std::size_t>(length, 2048));
        crossEntropy.add(
            run.judge.scoreText(run.judge.model().tokenizer().decode(near), texts.back(), run.stop).each());
        peakMb = end->statistics.peakRssMb;
    }
    row["draft_cross_entropy"] = crossEntropy.mean();
    row["draft_repetitions_per_1000"] = repetitionsPer1000(texts);
    row["peak_rss_mb"] = peakMb; // of the process so far: engine and judge
    return {};
}

} // namespace

Result<void> longSuite(SuiteRun& run) {
    for (const Variant& variant : variantsOf(run.judge.model().config().pattern)) {
        std::optional<Judge> other;
        if (variant.pattern) {
            auto opened = Judge::open(run.model, run.options.device, run.options.threads, variant.pattern);
            if (!opened) return opened.error();
            other = *std::move(opened);
        }
        for (const int length : run.options.lengths) {
            if (std::size_t(length) > variant.longest) continue;
            auto row = measured(run, other ? *other : run.judge, variant, std::size_t(length));
            if (!row) return row.error();
            if (variant.drafts)
                if (const auto done = addDrafts(run, std::size_t(length), *row); !done) return done.error();
            run.row(*std::move(row));
        }
    }
    return {};
}

} // namespace palimpsest
