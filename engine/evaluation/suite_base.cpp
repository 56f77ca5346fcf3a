// Suites of the base alone: WikiText-103 (Merity et al., arXiv 1609.07843) and BLiMP (Warstadt et al., 1912.00582).
#include "engine/evaluation/suites.h"
#include "engine/evaluation/text_measures.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <map>
#include <sstream>

namespace palimpsest {
namespace {

constexpr std::size_t kWindow = 2048; // tokens of a wikitext window, each read from its own beginning
constexpr std::size_t kTogether = 32; // sentences of one pass

std::size_t spacedWords(const std::string& text) {
    std::istringstream words(text);
    std::size_t count = 0;
    for (std::string word; words >> word;) ++count;
    return count;
}

struct Pair {
    std::vector<std::int64_t> good, bad;
};

// Sentences begin after a line break: the base has no beginning of its own.
Result<std::map<std::string, std::vector<Pair>>> readPairs(const std::filesystem::path& path, const Judge& judge,
                                                           std::size_t most) {
    std::map<std::string, std::vector<Pair>> sets;
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
        const Json json = Json::parse(line, nullptr, false);
        if (json.is_discarded() || !json.contains("good") || !json.contains("bad") || !json.contains("set")) continue;
        auto& pairs = sets[json["set"].get<std::string>()];
        if (pairs.size() >= most) continue;
        const auto sentence = [&](const char* which) {
            return judge.encode(std::string(1, '\n').append(json[which].get<std::string>()));
        };
        pairs.push_back({sentence("good"), sentence("bad")});
    }
    if (sets.empty())
        return Error{ErrorCode::NotFound,
                     "The file \"" + path.string() + "\" has no lines with \"good\", \"bad\" and \"set\"."};
    return sets;
}

double accuracy(const SuiteRun& run, std::span<const Pair> pairs) {
    int right = 0;
    for (std::size_t at = 0; at < pairs.size(); at += kTogether) {
        if (run.stop.stop_requested()) throw Judge::Cancelled{};
        std::vector<std::vector<std::int64_t>> sequences;
        for (const Pair& pair : pairs.subspan(at, std::min(kTogether, pairs.size() - at))) {
            sequences.push_back(pair.good);
            sequences.push_back(pair.bad);
        }
        const auto nats = run.judge.scoreAll(sequences);
        for (std::size_t i = 0; i < nats.size(); i += 2) right += nats[i].sum < nats[i + 1].sum;
    }
    return double(right) / double(pairs.size());
}

} // namespace

Result<void> wikitextSuite(SuiteRun& run) {
    std::ostringstream text;
    text << std::ifstream(run.options.data, std::ios::binary).rdbuf();
    const auto ids = run.judge.encode(text.str());
    const std::size_t windows = ids.size() / kWindow;
    if (windows == 0)
        return Error{ErrorCode::NotFound,
                     "The file \"" + run.options.data.string() + "\" is no text of 2,048 tokens or more."};
    const auto count = std::min(windows, std::size_t(run.samples(int(windows))));
    const auto all = std::span(ids);
    Nats nats;
    std::size_t words = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const auto window = all.subspan(i * windows / count * kWindow, kWindow);
        const Nats one = run.judge.score(window, 1, run.stop);
        nats.sum += one.sum;
        nats.tokens += one.tokens;
        words += spacedWords(run.judge.model().tokenizer().decode(window));
    }
    run.row({{"windows", count},
             {"tokens", nats.tokens},
             {"cross_entropy", nats.each()},
             {"perplexity", std::exp(nats.each())},
             {"word_perplexity", std::exp(nats.sum / double(words))}});
    return {};
}

Result<void> blimpSuite(SuiteRun& run) {
    const auto sets = readPairs(run.options.data, run.judge, std::size_t(run.samples(100)));
    if (!sets) return sets.error();
    Mean overSets;
    for (const auto& [name, pairs] : *sets) {
        const double share = accuracy(run, pairs);
        overSets.add(share);
        run.row({{"set", name}, {"pairs", pairs.size()}, {"accuracy", share}});
    }
    run.report["accuracy"] = overSets.mean();
    return {};
}

} // namespace palimpsest
