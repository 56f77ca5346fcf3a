#include "kernels/reference/experts_reference.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace palimpsest {
namespace {

double dot(const float* a, const float* b, std::int64_t count) {
    double sum = 0;
    for (std::int64_t i = 0; i < count; ++i) sum += double(a[i]) * b[i];
    return sum;
}

std::vector<double> softmax(std::vector<double> scores) {
    const double most = *std::ranges::max_element(scores);
    double total = 0;
    for (double& score : scores) total += score = std::exp(score - most);
    for (double& score : scores) score /= total;
    return scores;
}

} // namespace

std::vector<double> referenceExperts(const ExpertsProblem& p) {
    std::vector<double> result(std::size_t(p.rows * p.width));
    for (std::int64_t n = 0; n < p.rows; ++n) {
        const float* x = p.x.data() + n * p.width;
        std::vector<double> shares(static_cast<std::size_t>(p.experts));
        for (std::int64_t e = 0; e < p.experts; ++e)
            shares[std::size_t(e)] = dot(x, p.router.data() + e * p.width, p.width);
        shares = softmax(shares);
        std::vector<std::int64_t> order(shares.size());
        std::iota(order.begin(), order.end(), 0);
        std::ranges::stable_sort(order, std::greater(), [&](std::int64_t e) { return shares[std::size_t(e)]; });
        for (std::int64_t chosen = 0; chosen < p.perToken; ++chosen) {
            const std::int64_t e = order[std::size_t(chosen)];
            const float* in = p.inward.data() + e * 2 * p.inner * p.width;
            const float* out = p.outward.data() + e * p.width * p.inner;
            for (std::int64_t w = 0; w < p.inner; ++w) {
                const double gate = dot(x, in + w * p.width, p.width);
                const double up = dot(x, in + (p.inner + w) * p.width, p.width);
                const double active = gate / (1 + std::exp(-gate)) * up * shares[std::size_t(e)];
                for (std::int64_t d = 0; d < p.width; ++d)
                    result[std::size_t(n * p.width + d)] += active * out[d * p.inner + w];
            }
        }
    }
    return result;
}

} // namespace palimpsest
