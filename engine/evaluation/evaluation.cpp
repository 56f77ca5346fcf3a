#include "engine/evaluation/evaluation.h"

#include "engine/data/corpus.h"
#include "engine/evaluation/suites.h"
#include "engine/inference/torch_errors.h"

#include <fstream>
#include <sstream>

namespace palimpsest {
namespace {

struct Suite {
    const char* name;
    Result<void> (*run)(SuiteRun&);
    bool drafts; // needs the engine
    bool books;  // reads a corpus; else a file of its own
};
constexpr Suite kSuites[] = {
    {"drafts", draftsSuite, true, true},      {"infill", infillSuite, true, true},
    {"long", longSuite, true, true},          {"rewrite", rewriteSuite, true, true},
    {"parallel", parallelSuite, false, true}, {"wikitext", wikitextSuite, false, false},
    {"blimp", blimpSuite, false, false},      {"seq2seq", seq2seqSuite, false, false},
};

Result<std::vector<Book>> readBooks(const std::filesystem::path& folder, const Judge& judge) {
    const auto corpus = findCorpus(folder);
    if (!corpus) return corpus.error();
    std::vector<Book> books;
    for (const CorpusFile& file : corpus->files) {
        if (!file.heldOut) continue;
        std::ostringstream text;
        text << std::ifstream(folder / file.path, std::ios::binary).rdbuf();
        books.push_back({file.path, judge.encode(text.str())});
    }
    return books;
}

Result<Json> run(const Suite& suite, const EvaluationOptions& options, std::stop_token stop,
                 const EvaluationSink& sink) {
    std::string folder = options.model.empty() ? installedModels("cpu").defaultModel : options.model;
    std::unique_ptr<Engine> engine;
    if (suite.drafts) {
        auto opened =
            openEngine({folder, options.device, options.threads, options.dtype, options.personal, options.strength});
        if (!opened) return opened.error();
        engine = *std::move(opened);
    }
    if (folder.empty())
        return Error{ErrorCode::NotFound, "No model is installed: run installer/build, or give --model."};
    // Suites of the base alone measure the judge itself.
    const std::string personal = suite.drafts ? std::string() : options.personal;
    const auto judge = Judge::open(folder, options.device, options.threads, {}, personal, options.strength);
    if (!judge) return judge.error();
    SuiteRun run{options, folder, engine.get(), *judge, {}, stop, sink, Json::object()};
    run.report = {{"suite", suite.name},
                  {"model", folder},
                  {"model_hash", engine ? engine->model().hash : judge->model().summary().hash},
                  {"seed", options.seed},
                  {"rows", Json::array()}};
    if (suite.books) {
        auto books = readBooks(options.data, *judge);
        if (!books) return books.error();
        run.books = *std::move(books);
    }
    if (const auto done = suite.run(run); !done) return done.error();
    return std::move(run.report);
}

} // namespace

std::vector<std::string> evaluationSuites() {
    std::vector<std::string> names;
    for (const Suite& suite : kSuites) names.emplace_back(suite.name);
    return names;
}

Result<Json> evaluate(const EvaluationOptions& options, std::stop_token stop, const EvaluationSink& row) {
    const auto suite = std::ranges::find(kSuites, options.suite, [](const Suite& s) { return std::string(s.name); });
    if (suite == std::end(kSuites))
        return Error{ErrorCode::InvalidArgument, "There is no suite \"" + options.suite + "\"."};
    try {
        return run(*suite, options, stop, row);
    } catch (const Judge::Cancelled&) {
        return Error{ErrorCode::Cancelled, "stopped while the model was evaluated"};
    } catch (const std::exception& exception) {
        return errorOf(exception, options.device);
    }
}

void SuiteRun::row(Json row) {
    if (sink) sink(row);
    report["rows"].push_back(std::move(row));
}

std::optional<Excerpt> SuiteRun::excerpt(int index, std::size_t left, std::size_t middle, std::size_t right) const {
    const Tokenizer& tokenizer = judge.model().tokenizer();
    const std::size_t size = left + middle + right + 1;
    const auto beginsWord = [&](std::int64_t id) { return tokenizer.piece(id).starts_with(' '); };
    std::vector<const Book*> fitting;
    for (const Book& book : books)
        if (book.ids.size() >= size) fitting.push_back(&book);
    if (fitting.empty()) return {};
    Random random(Random::derivedSeed(options.seed, index + 1));
    for (int tries = 0; tries < 1000; ++tries) {
        const auto& ids = fitting[std::size_t(random.uniform() * double(fitting.size()))]->ids;
        const auto begin = std::size_t(random.uniform() * double(ids.size() - size + 1));
        if (!beginsWord(ids[begin + left]) || !beginsWord(ids[begin + left + middle])) continue;
        Excerpt e;
        e.leftIds = std::span(ids).subspan(begin, left);
        e.middleIds = std::span(ids).subspan(begin + left, middle);
        e.rightIds = std::span(ids).subspan(begin + left + middle, right);
        e.left = tokenizer.decode(e.leftIds);
        e.middle = tokenizer.decode(e.middleIds);
        e.right = tokenizer.decode(e.rightIds);
        return e;
    }
    return {};
}

Result<DraftEnd> SuiteRun::draft(DraftRequest request) {
    request.id = "evaluation";
    auto end = engine->draft(request, stop, {});
    if (end && end->outcome == DraftOutcome::Stopped) throw Judge::Cancelled{};
    return end;
}

Error booksTooShort() {
    return {ErrorCode::InvalidArgument,
            "The held-out texts are too short for this suite: give longer ones with --data."};
}

} // namespace palimpsest
