#include "kernels/reference/sparse_attention_reference.h"

#include <algorithm>
#include <cmath>

namespace palimpsest {
namespace {

// The output of one query of one head over the rows it sees: pointers to (2, G, K) rows.
void attendOne(const AttentionProblem& p, const float* query, std::int64_t keyHead,
               const std::vector<const float*>& seen, double* out) {
    std::vector<double> scores;
    for (const float* row : seen) {
        double dot = 0;
        for (std::int64_t k = 0; k < p.headSize; ++k) dot += double(query[k]) * row[keyHead * p.headSize + k];
        scores.push_back(dot / std::sqrt(double(p.headSize)));
    }
    const double most = *std::ranges::max_element(scores);
    double total = 0;
    for (double& score : scores) total += score = std::exp(score - most);
    for (std::size_t r = 0; r < seen.size(); ++r)
        for (std::int64_t k = 0; k < p.headSize; ++k)
            out[k] += scores[r] / total * seen[r][(p.keyHeads + keyHead) * p.headSize + k];
}

} // namespace

std::vector<double> referenceAttention(const AttentionProblem& p) {
    std::vector<double> result(std::size_t(p.queryCount * p.heads * p.headSize));
    const std::int64_t rowSize = 2 * p.keyHeads * p.headSize;
    for (std::int64_t q = 0; q < p.queryCount; ++q) {
        std::vector<const float*> seen;
        for (std::size_t r = 0; r < p.positions.size(); ++r) {
            const std::int64_t query = p.firstQuery + q, key = p.positions[r];
            if ((!p.causal || key <= query) && p.pattern.sees(query, key, p.layer))
                seen.push_back(p.rows.data() + std::int64_t(r) * rowSize);
        }
        for (std::size_t at = 0; at < p.own.size(); at += std::size_t(rowSize)) seen.push_back(p.own.data() + at);
        for (std::int64_t h = 0; h < p.heads; ++h) {
            const std::int64_t at = (q * p.heads + h) * p.headSize;
            attendOne(p, p.queries.data() + at, h / (p.heads / p.keyHeads), seen, result.data() + at);
        }
    }
    return result;
}

} // namespace palimpsest
