// Models of pairs: the test part of a corpus of pairs turned over by a few passes and by many, against all references.
#include "engine/base/utf8.h"
#include "engine/data/pair_corpus.h"
#include "engine/data/pair_tokens.h"
#include "engine/evaluation/reference_measures.h"
#include "engine/evaluation/suites.h"
#include "engine/evaluation/text_measures.h"
#include "engine/inference/pair_sampler.h"

#include <chrono>
#include <ctime>

namespace palimpsest {
namespace {

constexpr int kCandidates = 10;

struct Sources {
    std::vector<std::vector<std::int64_t>> ids;
    std::vector<std::vector<std::string>> references;
};

// Means over sets of samples, each set one text of every source.
Json measured(const std::vector<std::vector<std::string>>& sets, const Sources& sources) {
    Mean bleu, rouge, distinct[2];
    for (const auto& texts : sets) {
        bleu.add(corpusBleu(texts, sources.references));
        rouge.add(rougeL(texts, sources.references));
        for (int n = 0; n < 2; ++n) distinct[n].add(distinctShare(texts, n + 1));
    }
    return {{"samples", sets.size()},          {"bleu", bleu.mean()},
            {"bleu_error", bleu.error()},      {"rouge_l", rouge.mean()},
            {"rouge_l_error", rouge.error()},  {"distinct_1", distinct[0].mean()},
            {"distinct_2", distinct[1].mean()}};
}

Result<Sources> testSources(const SuiteRun& run, const PairTokens& tokens) {
    const auto pairs = readPairs(run.options.data);
    if (!pairs) return pairs.error();
    Sources sources;
    for (const PairSource& pair : *pairs) {
        if (pair.split != PairSplit::Test || int(sources.ids.size()) >= run.samples(1'000'000)) continue;
        sources.ids.push_back(tokens.source(pair.source));
        sources.references.push_back(pair.targets);
    }
    if (sources.ids.empty())
        return Error{ErrorCode::NotFound, "no source of " + run.options.data.string() + " is in its test part"};
    return sources;
}

// One way to sample: all sources turned over, a row of the single candidates and one of those the others agree with.
void measureWay(SuiteRun& run, const PairSampler& sampler, const PairTokens& tokens, const Sources& sources,
                const PairSampling& sampling) {
    const auto begin = std::chrono::steady_clock::now();
    const std::clock_t cpuBegin = std::clock();
    const int count = sampling.ancestral ? 1 : kCandidates;
    const auto ids = sampler.sample(sources.ids, count, sampling, run.stop);
    if (run.stop.stop_requested()) throw Judge::Cancelled{};
    const double each = 1.0 / double(ids.size());
    const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count() * each;
    const double cpuSeconds = double(std::clock() - cpuBegin) / CLOCKS_PER_SEC * each;
    std::vector<std::vector<std::string>> single(static_cast<std::size_t>(count)), agreed(1);
    for (std::size_t s = 0; s < sources.ids.size(); ++s) {
        std::vector<std::string> candidates;
        for (int c = 0; c < count; ++c) {
            candidates.push_back(tokens.text(ids[s * std::size_t(count) + std::size_t(c)]));
            single[std::size_t(c)].push_back(candidates.back());
        }
        agreed[0].push_back(candidates[agreedOn(candidates)]);
    }
    const auto row = [&](const char* choice, const std::vector<std::vector<std::string>>& sets) {
        Json json{{"steps", sampling.steps},
                  {"sampler", sampling.ancestral ? "ancestral" : "dpm-solver++ 2m"},
                  {"noise", sampling.noise},
                  {"choice", choice},
                  {"sources", sources.ids.size()}};
        json.update(measured(sets, sources));
        json["seconds_each"] = seconds;
        json["cpu_seconds_each"] = cpuSeconds;
        json["first"] = repairedUtf8(sets.front().front()); // a young model writes halves of characters
        run.row(std::move(json));
    };
    row("single", single);
    if (count > 1) row("mbr-10", agreed);
}

} // namespace

Result<void> seq2seqSuite(SuiteRun& run) {
    const auto model = Model::open(run.model, {});
    if (!model) return model.error();
    const auto sampler = PairSampler::open(**model, run.model);
    if (!sampler) return sampler.error();
    const auto tokens = PairTokens::of((*model)->tokenizer());
    if (!tokens) return tokens.error();
    const auto sources = testSources(run, *tokens);
    if (!sources) return sources.error();
    for (const double noise : run.options.noise)
        for (const int steps : run.options.steps)
            measureWay(run, *sampler, *tokens, *sources, {steps, run.options.ancestral, noise, run.options.seed});
    return {};
}

} // namespace palimpsest
