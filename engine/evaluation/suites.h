// The suites of evaluate(). Internal to engine/evaluation.
#pragma once

#include "engine/api/engine.h"
#include "engine/evaluation/evaluation.h"
#include "engine/evaluation/judge.h"
#include "engine/inference/random.h"

#include <optional>
#include <span>

namespace palimpsest {

struct Book {
    std::string name;
    std::vector<std::int64_t> ids;
};

// A stretch of a book, cut between words: `middle` is what a draft would stand for.
struct Excerpt {
    std::span<const std::int64_t> leftIds, middleIds, rightIds;
    std::string left, middle, right;
};

struct SuiteRun {
    const EvaluationOptions& options;
    std::string model; // folder
    Engine* engine;    // null for suites of the base alone
    const Judge& judge;
    std::vector<Book> books; // empty for suites that read a file of their own
    std::stop_token stop;
    const EvaluationSink& sink;
    Json report = Json::object(); // gets "rows", and what a suite says of itself

    int samples(int own) const { return options.samples > 0 ? options.samples : own; }
    void row(Json row);

    // The excerpt number `index` of these sizes (tokens; 0 is allowed but for `left`): the same for the same seed.
    // Nothing when no book is long enough.
    std::optional<Excerpt> excerpt(int index, std::size_t left, std::size_t middle, std::size_t right) const;
    Result<DraftEnd> draft(DraftRequest request);
};

Error booksTooShort();

Result<void> draftsSuite(SuiteRun& run);
Result<void> infillSuite(SuiteRun& run);
Result<void> longSuite(SuiteRun& run);
Result<void> rewriteSuite(SuiteRun& run);
Result<void> parallelSuite(SuiteRun& run);
Result<void> seq2seqSuite(SuiteRun& run);
Result<void> wikitextSuite(SuiteRun& run);
Result<void> blimpSuite(SuiteRun& run);

} // namespace palimpsest
