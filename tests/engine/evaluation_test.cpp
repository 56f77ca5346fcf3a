// `palimpsest-engine evaluate`: its measures, and its suites on the tiny model.
#include "engine/evaluation/evaluation.h"
#include "engine/evaluation/parallel_proposal.h"
#include "engine/evaluation/text_measures.h"
#include "tests/engine/tiny_engine.h"
#include "tests/support/scratch_folder.h"

#include "tests/support/cases.h"

#include <cmath>
#include <fstream>
#include <map>

namespace palimpsest::test {
namespace {

bool close(double a, double b, double by = 1e-9) {
    return std::abs(a - b) < by;
}

CASE(distinctAndRepetitionAndEntropyAreWhatOneCountsByHand) {
    CHECK(close(distinctShare({"a b a b"}, 1), 0.5) && close(distinctShare({"a b a b"}, 2), 2.0 / 3));
    CHECK(close(distinctShare({"a b", "a b"}, 2), 0.5)) << "no bigram goes over the end of a text";
    CHECK(distinctShare({}, 2) == 0);
    CHECK(close(repetitionsPer1000({"a b c d a b c d"}), 125)) << "one of five four-grams, of eight words";
    CHECK(repetitionsPer1000({"a b c d", "a b c d"}) == 0) << "texts repeat nothing of each other";
    CHECK(close(wordEntropy({"a b", "b a"}), std::log(2.0)) && wordEntropy({"a a"}) == 0);
}

CASE(changedWordsAreThoseOutsideTheLongestCommonSubsequence) {
    CHECK(changedShare("the old house", "The old house!") == 0);
    CHECK(close(changedShare("the old house stood", "the new house stood there"), 0.25));
    CHECK(close(changedShare("a b", "b a"), 0.5) && changedShare("a b", "") == 1 && changedShare("", "a") == 0);
}

CASE(aMeanKnowsItsError) {
    Mean mean;
    CHECK(mean.error() == 0);
    for (const double value : {1.0, 2.0, 3.0, 6.0}) mean.add(value);
    CHECK(mean.count() == 4 && close(mean.mean(), 3) && close(mean.error(), std::sqrt(14.0 / 3 / 4)));
}

CASE(theBestProposalOverlapsMost) {
    const auto f64 = torch::kFloat64;
    const auto p = torch::tensor({{0.5, 0.5, 0.0, 0.0}, {0.5, 0.0, 0.5, 0.0}, {0.5, 0.0, 0.0, 0.5}}, f64);
    const auto same = torch::ones({3}, f64);
    // All agree on the first token; what is left of q may go to any one of the others.
    CHECK(close(overlaps(p, bestProposal(p, same)).mean().item<double>(), 0.5 + 0.5 / 3));
    CHECK(close(bestProposal(p, same).sum().item<double>(), 1) && close(bestProposal(p, same)[0].item<double>(), 0.5));
    const auto last = torch::tensor({0.0, 0.0, 1.0}, f64);
    CHECK(torch::allclose(bestProposal(p, last), p[2])) << "weights choose whose text it is";
    // No other proposal is better: not the mean, none of a hundred drawn at random.
    torch::manual_seed(1);
    const auto q = torch::softmax(torch::randn({6, 20}, f64) * 2, 1), weights = torch::rand({6}, f64);
    const auto worth = [&](const torch::Tensor& proposal) {
        return (weights * overlaps(q, proposal)).sum().item<double>();
    };
    const double best = worth(bestProposal(q, weights));
    CHECK(best > worth(q.mean(0)));
    for (int i = 0; i < 100; ++i)
        CHECK(best >= worth(torch::softmax(torch::randn({20}, f64) * 2 + q.mean(0).log(), 0)));
}

CASE(proposalsAreAcceptedAsFarAsTheyAreAcceptedBefore) {
    // Two texts of two tokens, equally likely, the second token known from the first alone.
    const auto f64 = torch::kFloat64;
    Rollouts rollouts;
    rollouts.p = {torch::full({2, 2}, 0.5, f64), torch::eye(2, f64)};
    rollouts.drawn = {torch::tensor({0, 1}), torch::tensor({0, 1})};
    const auto all = torch::arange(2);
    torch::Tensor reached;
    const auto shares = acceptedShares(rollouts, all, all, &reached);
    CHECK(close(shares[0], 1) && close(shares[1], 0.5));
    CHECK(close(reached.mean().item<double>(), 0.5));
    // A proposal for one of them is never right for the other.
    const auto held = acceptedShares(rollouts, torch::tensor({0}), torch::tensor({1}));
    CHECK(close(held[0], 1) && close(held[1], 0));
}

// A corpus whose held-out text is long enough for every suite, and files for the suites of the base.
class Data {
public:
    Data() {
        std::filesystem::create_directories(m_folder.path() / "books/valid");
        std::string text;
        for (int i = 0; i < 400; ++i)
            text += "The house stood at the end of a long lane, and nobody had lived in it for " + std::to_string(i) +
                    " years. She said that he was in the house with " + std::to_string(i * 7 % 11) +
                    " of the keys.\n\n";
        write("books/a.txt", "Not held out.\n");
        write("books/valid/b.txt", text);
        write("text.txt", text);
        write("short.txt", "Too short.\n");
        write("pairs.jsonl", R"({"good": "He was in the house.", "bad": "House the in was he.", "set": "order"}
not a line of JSON
{"good": "a", "set": "half"}
)");
    }
    void write(const std::string& name, const std::string& text) const { std::ofstream(path(name)) << text; }
    std::filesystem::path path(const std::string& name) const { return m_folder.path() / name; }

private:
    ScratchFolder m_folder;
};

EvaluationOptions options(const std::string& suite, const std::filesystem::path& data) {
    EvaluationOptions o;
    o.suite = suite;
    o.model = tinyModelFolder();
    o.device = "cpu";
    o.dtype = "float32";
    o.threads = 1;
    o.data = data;
    o.samples = 1;
    o.lengths = {512};
    return o;
}

CASE(everySuiteOfDraftsGivesRowsThatRepeat) {
    const Data data;
    const std::map<std::string, std::size_t> rows{
        {"drafts", 11}, {"infill", 4}, {"long", 4}, {"rewrite", 5}, {"parallel", 16}};
    for (const auto& [suite, count] : rows) {
        std::size_t told = 0;
        const auto report = evaluate(options(suite, data.path("books")), {}, [&](const Json&) { ++told; });
        CHECK(report.ok()) << suite << (report ? "" : report.error().message);
        if (!report) continue;
        CHECK((*report)["rows"].size() == count && told == count) << suite << report->dump();
        CHECK((*report)["model_hash"].get<std::string>().size() == 64);
        for (const Json& row : (*report)["rows"])
            for (const auto& [key, value] : row.items())
                CHECK(!value.is_number_float() || std::isfinite(value.get<double>())) << suite << key;
    }
    // Same seed, same excerpts, same drafts; times alone may differ.
    const auto crossEntropies = [&](std::uint64_t seed) {
        auto o = options("rewrite", data.path("books"));
        o.seed = seed;
        const auto report = evaluate(o, {}, {});
        std::vector<double> all;
        for (const Json& row : (*report)["rows"]) all.push_back(row["cross_entropy"]);
        return all;
    };
    CHECK(crossEntropies(3) == crossEntropies(3) && crossEntropies(3) != crossEntropies(4));
}

CASE(suitesOfTheBaseReadTheirFiles) {
    const Data data;
    const auto text = evaluate(options("wikitext", data.path("text.txt")), {}, {});
    CHECK(text.ok()) << (text ? "" : text.error().message);
    const auto row = (*text)["rows"][0];
    // A model that knows nothing is as surprised as the vocabulary is large.
    CHECK(row["tokens"] == 2047 && row["cross_entropy"] > 1 && row["cross_entropy"] < 12) << row.dump();
    CHECK(close(std::log(row["perplexity"].get<double>()), row["cross_entropy"], 1e-6));
    CHECK(row["word_perplexity"] > row["perplexity"]);
    const auto pairs = evaluate(options("blimp", data.path("pairs.jsonl")), {}, {});
    CHECK(pairs.ok() && (*pairs)["rows"].size() == 1) << "lines that are no pairs are left out";
    CHECK((*pairs)["rows"][0]["pairs"] == 1 && (*pairs)["accuracy"] == (*pairs)["rows"][0]["accuracy"]);
}

CASE(whatCannotBeMeasuredIsOneError) {
    const Data data;
    const auto failsWith = [&](const char* suite, const char* file, ErrorCode code) {
        const auto report = evaluate(options(suite, data.path(file)), {}, {});
        CHECK(!report && report.error().code == code) << suite << file << (report ? "" : report.error().message);
    };
    failsWith("nothing", "books", ErrorCode::InvalidArgument);
    failsWith("drafts", "no-such-folder", ErrorCode::NotFound);
    failsWith("wikitext", "short.txt", ErrorCode::NotFound);
    failsWith("blimp", "text.txt", ErrorCode::NotFound);
    data.write("books/valid/b.txt", "Too short.\n");
    failsWith("infill", "books", ErrorCode::InvalidArgument);
    std::stop_source stop;
    stop.request_stop();
    const auto stopped = evaluate(options("wikitext", data.path("text.txt")), stop.get_token(), {});
    CHECK(!stopped && stopped.error().code == ErrorCode::Cancelled);
}

} // namespace
} // namespace palimpsest::test
