#include "kernels/reference/attention_reference.h"

#include <algorithm>
#include <cmath>

namespace palimpsest {
namespace {

// One key that a query head sees: where it lies, and where its gradient goes, both at its key head.
struct Seen {
    const float *key, *value;
    bool own;
    std::int64_t element; // of (L, G, K) or (N, G, K)
};

struct Query {
    const AttentionRun& run;
    std::int64_t position;
    std::int64_t row, runRow; // in (N, ...): the query's, and its run's first
};

std::vector<Seen> seenBy(const AttentionInput<float>& in, const Query& query, std::int64_t keyHead) {
    std::vector<Seen> seen;
    const std::int64_t column = keyHead * in.headSize;
    for (std::size_t r = 0; r < in.positions.size(); ++r) {
        if (!seesRow(in, query.run, query.position, in.positions[r])) continue;
        const std::int64_t at = std::int64_t(r) * in.rowStride + column;
        seen.push_back({in.keys + at, in.values + at, false, std::int64_t(r) * in.keyHeads * in.headSize + column});
    }
    for (std::int64_t slot = 0; query.run.own && slot < query.run.count; ++slot) {
        const std::int64_t row = query.runRow + slot, at = row * in.ownStride + column;
        seen.push_back({in.ownKeys + at, in.ownValues + at, true, row * in.keyHeads * in.headSize + column});
    }
    return seen;
}

double dot(const float* a, const float* b, std::int64_t size) {
    double sum = 0;
    for (std::int64_t k = 0; k < size; ++k) sum += double(a[k]) * b[k];
    return sum;
}

// The softmax over what is seen; returns the log of its sum.
double softmax(const AttentionInput<float>& in, const float* query, const std::vector<Seen>& seen,
               std::vector<double>& weights) {
    weights.clear();
    for (const Seen& s : seen) weights.push_back(double(in.scale) * dot(query, s.key, in.headSize));
    if (weights.empty()) return -std::numeric_limits<double>::infinity();
    const double most = *std::ranges::max_element(weights);
    double total = 0;
    for (double& w : weights) total += w = std::exp(w - most);
    for (double& w : weights) w /= total;
    return most + std::log(total);
}

template<class Body>
void forEveryQueryHead(const AttentionInput<float>& in, const Body& body) {
    std::int64_t runRow = 0;
    for (const AttentionRun& run : in.runs) {
        for (std::int64_t q = 0; q < run.count; ++q)
            for (std::int64_t head = 0; head < in.heads; ++head)
                body(Query{run, run.first + q, runRow + q, runRow}, head, head / (in.heads / in.keyHeads));
        runRow += run.count;
    }
}

std::size_t queryRows(const AttentionInput<float>& in) {
    std::int64_t rows = 0;
    for (const AttentionRun& run : in.runs) rows += run.count;
    return std::size_t(rows);
}

} // namespace

bool seesRow(const AttentionInput<float>& in, const AttentionRun& run, std::int64_t query, std::int64_t key) {
    if (key >= run.hiddenBegin && key < run.hiddenEnd) return false;
    if (run.causal && key > query) return false;
    const std::int64_t distance = std::abs(query - key);
    const bool global = key < in.pattern.globals || std::ranges::find(in.globals, key) != in.globals.end();
    const bool grid = key % in.pattern.dilation == in.phase && distance < in.pattern.reach();
    return run.seesAll || global || grid || distance < in.pattern.window;
}

ReferenceAttention referenceAttention(const AttentionInput<float>& in) {
    const std::size_t heads = queryRows(in) * std::size_t(in.heads);
    ReferenceAttention result{std::vector<double>(heads * std::size_t(in.headSize)), std::vector<double>(heads)};
    std::vector<double> weights;
    forEveryQueryHead(in, [&](const Query& query, std::int64_t head, std::int64_t keyHead) {
        const std::vector<Seen> seen = seenBy(in, query, keyHead);
        const float* q = in.queries + query.row * in.queryStride + head * in.headSize;
        const std::int64_t at = query.row * in.heads + head;
        result.logSumExp[std::size_t(at)] = softmax(in, q, seen, weights);
        for (std::size_t s = 0; s < seen.size(); ++s)
            for (std::int64_t k = 0; k < in.headSize; ++k)
                result.out[std::size_t(at * in.headSize + k)] += weights[s] * seen[s].value[k];
    });
    return result;
}

ReferenceGradients referenceAttentionGradients(const AttentionInput<float>& in, std::span<const float> outputGradient) {
    const std::size_t size = std::size_t(in.headSize), own = queryRows(in) * std::size_t(in.keyHeads) * size;
    const std::size_t rows = in.positions.size() * std::size_t(in.keyHeads) * size;
    ReferenceGradients g{std::vector<double>(queryRows(in) * std::size_t(in.heads) * size), std::vector<double>(rows),
                         std::vector<double>(rows), std::vector<double>(own), std::vector<double>(own)};
    std::vector<double> weights, products;
    forEveryQueryHead(in, [&](const Query& query, std::int64_t head, std::int64_t keyHead) {
        const std::vector<Seen> seen = seenBy(in, query, keyHead);
        const float* q = in.queries + query.row * in.queryStride + head * in.headSize;
        const std::int64_t at = (query.row * in.heads + head) * in.headSize;
        const float* d = outputGradient.data() + at;
        softmax(in, q, seen, weights);
        products.clear();
        double mean = 0; // of the products, which is the product with the output
        for (std::size_t s = 0; s < seen.size(); ++s) {
            products.push_back(dot(d, seen[s].value, in.headSize));
            mean += weights[s] * products[s];
        }
        for (std::size_t s = 0; s < seen.size(); ++s) {
            const double ofScore = in.scale * weights[s] * (products[s] - mean);
            double* key = (seen[s].own ? g.ownKeys : g.keys).data() + seen[s].element;
            double* value = (seen[s].own ? g.ownValues : g.values).data() + seen[s].element;
            for (std::int64_t k = 0; k < in.headSize; ++k) {
                g.queries[std::size_t(at + k)] += ofScore * seen[s].key[k];
                key[k] += ofScore * q[k];
                value[k] += weights[s] * d[k];
            }
        }
    });
    return g;
}

} // namespace palimpsest
