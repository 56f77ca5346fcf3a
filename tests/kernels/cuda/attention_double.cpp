#include "tests/kernels/cuda/attention_double.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace palimpsest::cuda {
namespace {

constexpr double kEpsilon = std::numeric_limits<float>::epsilon();

bool sees(const AttentionProblem16& p, const AttentionRun& run, std::int64_t query, std::int64_t key) {
    if (key >= run.hiddenBegin && key < run.hiddenEnd) return false;
    const SparsePattern& pattern = p.shape.pattern;
    std::int64_t radius = key % pattern.dilation == p.shape.phase ? pattern.reach() : pattern.window;
    if (run.seesAll || key < pattern.globals || std::ranges::count(p.globals, key) > 0) radius = kEndOfText / 2;
    return run.causal ? key <= query && query < key + radius : std::abs(query - key) < radius;
}

// One key a query sees, where it is from, and what it is weighed with.
struct Seen {
    const float *key, *value;
    bool own;
    std::size_t offset; // of its K numbers among the keys or the own keys
    double score = 0, weight = 0, scoreError = 0;
};

struct Worker {
    const AttentionProblem16& p;
    AttentionDouble r;
    std::size_t size;   // K
    double u, smallest; // roundoff, and half the smallest difference, of the format

    explicit Worker(const AttentionProblem16& problem)
        : p(problem),
          size(std::size_t(p.headSize)),
          u(unitRoundoff(p.format)),
          smallest(p.format == Format::F16 ? std::ldexp(1.0, -25) : 0) {
        r.output = r.queries = Bounded(p.queries.size());
        r.logSumExp = Bounded(p.queries.size() / size);
        r.keys = r.values = Bounded(p.keys.size());
        r.ownKeys = r.ownValues = Bounded(p.ownKeys.size());
    }

    std::vector<Seen> seenBy(const AttentionRun& run, std::int64_t runRow, std::int64_t query, std::size_t keyHead) {
        std::vector<Seen> seen;
        const auto keyHeads = std::size_t(p.shape.keyHeads);
        const auto add = [&](bool own, std::size_t row) {
            const std::size_t offset = (row * keyHeads + keyHead) * size;
            const auto& keys = own ? p.ownKeys : p.keys;
            const auto& values = own ? p.ownValues : p.values;
            seen.push_back({keys.data() + offset, values.data() + offset, own, offset});
        };
        for (std::size_t row = 0; row < p.positions.size(); ++row)
            if (sees(p, run, query, p.positions[row])) add(false, row);
        for (std::int64_t slot = 0; run.own && slot < run.count; ++slot) add(true, std::size_t(runRow + slot));
        return seen;
    }

    // Scores, weights and the log-sum-exp; returns the relative error of a weight.
    double weigh(const float* query, std::size_t lane, std::vector<Seen>& seen) {
        double most = -INFINITY, sum = 0, error = 0;
        for (Seen& s : seen) {
            double magnitude = 0;
            for (std::size_t k = 0; k < size; ++k) {
                s.score += double(query[k]) * s.key[k] * p.scale();
                magnitude += std::abs(double(query[k]) * s.key[k]) * p.scale();
            }
            most = std::max(most, s.score);
            error = std::max(error, magnitude);
        }
        for (Seen& s : seen) sum += s.weight = std::exp(s.score - most);
        for (Seen& s : seen) s.weight /= sum;
        r.logSumExp.value[lane] = seen.empty() ? -INFINITY : most + std::log(sum);
        // A dot product of K terms, its scaling, and the sum over the keys.
        const double relative = kEpsilon * ((double(size) + 4) * error + double(seen.size()) + 8);
        r.logSumExp.bound[lane] = 2 * relative + kEpsilon * std::abs(r.logSumExp.value[lane]);
        return 2 * relative;
    }

    void forward(std::size_t at, const std::vector<Seen>& seen, double relative) {
        for (std::size_t k = 0; k < size; ++k) {
            double sum = 0, magnitude = 0;
            for (const Seen& s : seen) {
                sum += s.weight * s.value[k];
                magnitude += s.weight * std::abs(s.value[k]);
            }
            r.output.value[at + k] = sum;
            r.output.bound[at + k] = u * (magnitude + std::abs(sum)) * (1 + u) + 2 * relative * magnitude + smallest;
        }
    }

    void backward(std::size_t at, const std::vector<Seen>& seen, double relative) {
        const float* gradient = p.outputGradient.data() + at;
        double delta = 0, deltaError = 0; // of sum over k of gradient times output, which was rounded
        for (std::size_t k = 0; k < size; ++k) {
            delta += gradient[k] * r.output.value[at + k];
            deltaError += std::abs(gradient[k]) * r.output.bound[at + k];
        }
        for (const Seen& s : seen) {
            double product = 0, magnitude = 0;
            for (std::size_t k = 0; k < size; ++k) {
                product += double(gradient[k]) * s.value[k];
                magnitude += std::abs(double(gradient[k]) * s.value[k]);
            }
            const double change = s.weight * (product - delta); // of the score
            const double off = (u + relative) * std::abs(change) + smallest +
                               s.weight * (deltaError * (1 + u) + double(size) * kEpsilon * magnitude +
                                           relative * (std::abs(product) + std::abs(delta)));
            addGradients(at, s, change, off, relative);
        }
    }

    void addGradients(std::size_t at, const Seen& s, double change, double off, double relative) {
        Bounded& keys = s.own ? r.ownKeys : r.keys;
        Bounded& values = s.own ? r.ownValues : r.values;
        for (std::size_t k = 0; k < size; ++k) {
            const double gradient = p.outputGradient[at + k], query = p.queries[at + k];
            r.queries.value[at + k] += p.scale() * change * s.key[k];
            r.queries.bound[at + k] += p.scale() * off * std::abs(s.key[k]);
            keys.value[s.offset + k] += p.scale() * change * query;
            keys.bound[s.offset + k] += p.scale() * off * std::abs(query);
            values.value[s.offset + k] += s.weight * gradient;
            values.bound[s.offset + k] += ((u + relative) * s.weight + smallest) * std::abs(gradient);
        }
    }

    // The result itself is rounded, and its sum ran over `terms` numbers.
    void roundOff(Bounded& gradient) const {
        for (std::size_t i = 0; i < gradient.value.size(); ++i)
            gradient.bound[i] = gradient.bound[i] * (1 + 4 * u) + u * std::abs(gradient.value[i]) + smallest;
    }
};

} // namespace

std::int64_t AttentionProblem16::queryCount() const {
    std::int64_t count = 0;
    for (const AttentionRun& run : runs) count += run.count;
    return count;
}

float AttentionProblem16::scale() const {
    return float(1 / std::sqrt(double(headSize)));
}

void fillWithNumbers(AttentionProblem16& p, unsigned seed) {
    const auto draw = [&](std::int64_t rows, std::int64_t heads) {
        return randomNumbers(std::size_t(rows * heads * p.headSize), p.format, seed++);
    };
    const std::int64_t queries = p.queryCount(), rows = std::int64_t(p.positions.size());
    p.queries = draw(queries, p.shape.heads);
    p.outputGradient = draw(queries, p.shape.heads);
    p.keys = draw(rows, p.shape.keyHeads);
    p.values = draw(rows, p.shape.keyHeads);
    p.ownKeys = draw(queries, p.shape.keyHeads);
    p.ownValues = draw(queries, p.shape.keyHeads);
}

AttentionDouble attentionInDouble(const AttentionProblem16& p) {
    Worker worker(p);
    std::int64_t row = 0;
    for (const AttentionRun& run : p.runs) {
        for (std::int64_t query = 0; query < run.count; ++query)
            for (std::int64_t head = 0; head < p.shape.heads; ++head) {
                const auto lane = std::size_t((row + query) * p.shape.heads + head);
                const auto keyHead = std::size_t(head / (p.shape.heads / p.shape.keyHeads));
                auto seen = worker.seenBy(run, row, run.first + query, keyHead);
                const double relative = worker.weigh(p.queries.data() + lane * worker.size, lane, seen);
                worker.forward(lane * worker.size, seen, relative);
                worker.backward(lane * worker.size, seen, relative);
            }
        row += run.count;
    }
    for (Bounded* gradient :
         {&worker.r.queries, &worker.r.keys, &worker.r.values, &worker.r.ownKeys, &worker.r.ownValues})
        worker.roundOff(*gradient);
    return std::move(worker.r);
}

} // namespace palimpsest::cuda
