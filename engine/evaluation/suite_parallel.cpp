// What the best possible parallel prediction of such prose would allow: tokens a round when proposals are verified, and
// the cross-entropy of words that are drawn side by side and kept. No denoiser is used: the distributions are the
// base's own, averaged over continuations that it drew itself.
#include "engine/evaluation/parallel_proposal.h"
#include "engine/evaluation/suites.h"
#include "engine/evaluation/text_measures.h"

#include <algorithm>
#include <cmath>

namespace palimpsest {
namespace {

constexpr std::size_t kLeft = 192;
constexpr int kRows = 64;   // continuations of a position
constexpr int kTokens = 24; // of an unverified draft: a multiple of every width

struct Rounds {
    int block, passes;
};
constexpr Rounds kRounds[] = {{8, 1}, {8, 2}, {8, 4}, {16, 1}, {16, 4}};
constexpr int kWidths[] = {1, 2, 3, 4, 8};
constexpr std::size_t kPositions[] = {1, 2, 3, 5, 9, 16};

// A text as the base has read it, which can be gone on with.
class Reading {
public:
    Reading(const Model& model, double temperature, std::uint64_t seed)
        : m_model(model),
          m_context(model.makeContext(model.config().pattern.globals)),
          m_temperature(temperature),
          m_generator(at::make_generator<at::CPUGeneratorImpl>(seed)) {}

    void append(std::vector<std::int64_t> ids) {
        const CleanInput input{&m_context, std::move(ids), m_context.length()};
        m_next = m_model.clean(std::span(&input, 1)).front().slice(0, -1).clone();
    }

    // kRows continuations of `count` tokens.
    Rollouts roll(int count) {
        Rollouts rollouts;
        std::vector<CleanContext> contexts;
        auto hidden = m_next.expand({kRows, -1});
        for (int at = 0; at < count; ++at) {
            if (at == 1)
                for (int row = 0; row < kRows; ++row) contexts.push_back(m_context.Copy());
            if (at > 0) hidden = advance(contexts, rollouts.drawn.back());
            rollouts.p.push_back(distribution(hidden));
            rollouts.drawn.push_back(draw(rollouts.p.back()));
        }
        return rollouts;
    }

    torch::Tensor draw(const torch::Tensor& p) { return p.multinomial(1, false, m_generator).squeeze(1); }

private:
    torch::Tensor distribution(const torch::Tensor& hidden) const {
        return torch::softmax(m_model.logits(hidden) / std::max(m_temperature, 1e-3), -1).to(torch::kCPU);
    }
    torch::Tensor advance(std::vector<CleanContext>& contexts, const torch::Tensor& drawn) const {
        std::vector<CleanInput> inputs;
        for (std::size_t row = 0; row < contexts.size(); ++row)
            inputs.push_back({&contexts[row], {drawn[std::int64_t(row)].item<std::int64_t>()}, contexts[row].length()});
        return torch::cat(m_model.clean(inputs));
    }

    const Model& m_model;
    CleanContext m_context;
    double m_temperature;
    at::Generator m_generator;
    torch::Tensor m_next; // (1, D): predicts what follows
};

// Tokens a round: `fitted` with proposals that are the best for these very continuations, which no real proposal can
// reach; `held` with proposals made from one half of them and judged on the other, which some proposal does reach.
struct RoundTokens {
    double fitted = 0, held = 0;
};

// Positions that each pass of a round decides, after the first one, which is the base's own draw (continuation.h).
std::vector<int> widthsOf(const Rounds& rounds) {
    std::vector<int> widths;
    int open = rounds.block - 1;
    for (int left = std::min(rounds.passes, open); left > 0; --left) {
        widths.push_back((open + left - 1) / left);
        open -= widths.back();
    }
    return widths;
}

RoundTokens roundTokens(Reading& reading, const Rounds& rounds, const std::stop_token& stop) {
    const auto all = torch::arange(kRows), first = torch::arange(kRows / 2), second = torch::arange(kRows / 2, kRows);
    RoundTokens tokens;
    double fittedSoFar = 1, heldSoFar = 1;
    for (const int width : widthsOf(rounds)) {
        if (stop.stop_requested()) throw Judge::Cancelled{};
        const Rollouts rollouts = reading.roll(width);
        torch::Tensor reached;
        const auto fitted = acceptedShares(rollouts, all, all, &reached);
        const auto one = acceptedShares(rollouts, first, second), other = acceptedShares(rollouts, second, first);
        for (std::size_t i = 0; i < fitted.size(); ++i) {
            tokens.fitted += fittedSoFar * fitted[i];
            tokens.held += heldSoFar * (one[i] + other[i]) / 2;
        }
        fittedSoFar *= fitted.back();
        heldSoFar *= (one.back() + other.back()) / 2;
        // The round goes on from a text that was accepted.
        const auto row = reading.draw((reached + 1e-12).unsqueeze(0)).item<std::int64_t>();
        std::vector<std::int64_t> ids;
        for (const auto& drawn : rollouts.drawn) ids.push_back(drawn[row].item<std::int64_t>());
        reading.append(std::move(ids));
    }
    // The first position before, and a refused word's replacement after.
    return {2 + tokens.fitted - fittedSoFar, 2 + tokens.held - heldSoFar};
}

Reading readingOf(SuiteRun& run, const Excerpt& excerpt, int index, double temperature) {
    Reading reading(run.judge.model(), temperature, Random::derivedSeed(run.options.seed, index + 1));
    reading.append({excerpt.leftIds.begin(), excerpt.leftIds.end()});
    return reading;
}

Result<void> verified(SuiteRun& run, double temperature) {
    for (const Rounds& rounds : kRounds) {
        Mean fitted, held;
        for (int i = 0; i < run.samples(12); ++i) {
            const auto excerpt = run.excerpt(i, kLeft, 0, 0);
            if (!excerpt) return booksTooShort();
            Reading reading = readingOf(run, *excerpt, i, temperature);
            reading.append({reading.roll(1).drawn[0][0].item<std::int64_t>()});
            const RoundTokens tokens = roundTokens(reading, rounds, run.stop);
            fitted.add(tokens.fitted);
            held.add(tokens.held);
        }
        run.row({{"way", "verified"},
                 {"block", rounds.block},
                 {"passes", rounds.passes},
                 {"temperature", temperature},
                 {"excerpts", fitted.count()},
                 {"tokens_per_round_at_most", fitted.mean()},
                 {"tokens_per_round_reachable", held.mean()},
                 {"error", held.error()}});
    }
    return {};
}

Result<void> unverified(SuiteRun& run, double temperature) {
    for (const int width : kWidths) {
        Mean crossEntropy;
        for (int i = 0; i < run.samples(12); ++i) {
            const auto excerpt = run.excerpt(i, kLeft, 0, 0);
            if (!excerpt) return booksTooShort();
            Reading reading = readingOf(run, *excerpt, i, temperature);
            std::vector<std::int64_t> ids(excerpt->leftIds.begin(), excerpt->leftIds.end());
            for (int at = 0; at < kTokens; at += width) {
                if (run.stop.stop_requested()) throw Judge::Cancelled{};
                std::vector<std::int64_t> side;
                for (const auto& p : reading.roll(width).p)
                    side.push_back(reading.draw(p.mean(0, true))[0].item<std::int64_t>());
                ids.insert(ids.end(), side.begin(), side.end());
                reading.append(std::move(side));
            }
            crossEntropy.add(run.judge.score(ids, excerpt->leftIds.size(), run.stop).each());
        }
        run.row({{"way", "side by side"},
                 {"tokens_per_pass", width},
                 {"temperature", temperature},
                 {"excerpts", crossEntropy.count()},
                 {"cross_entropy", crossEntropy.mean()},
                 {"error", crossEntropy.error()}});
    }
    return {};
}

// How well a book's own words are foretold from so far before, whatever stands between: what a denoiser that was
// trained for ever would reach at full absorption.
Result<void> marginals(SuiteRun& run) {
    Mean crossEntropy[std::size(kPositions)];
    for (int i = 0; i < 8 * run.samples(12); ++i) {
        if (run.stop.stop_requested()) throw Judge::Cancelled{};
        const auto excerpt = run.excerpt(i, kLeft, kPositions[std::size(kPositions) - 1], 0);
        if (!excerpt) return booksTooShort();
        const Rollouts rollouts = readingOf(run, *excerpt, i, 1).roll(int(excerpt->middleIds.size()));
        for (std::size_t k = 0; k < std::size(kPositions); ++k) {
            const std::size_t at = kPositions[k] - 1;
            crossEntropy[k].add(-std::log(rollouts.p[at].select(1, excerpt->middleIds[at]).mean().item<double>()));
        }
    }
    for (std::size_t k = 0; k < std::size(kPositions); ++k)
        run.row({{"way", "book's own words"},
                 {"position", kPositions[k]},
                 {"excerpts", crossEntropy[k].count()},
                 {"cross_entropy", crossEntropy[k].mean()},
                 {"error", crossEntropy[k].error()}});
    return {};
}

} // namespace

Result<void> parallelSuite(SuiteRun& run) {
    const c10::InferenceMode guard;
    for (const double temperature : run.options.temperatures) {
        if (const auto done = verified(run, temperature); !done) return done;
        if (const auto done = unverified(run, temperature); !done) return done;
    }
    return marginals(run);
}

} // namespace palimpsest
