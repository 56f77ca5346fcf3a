// Sparse attention: which keys are seen, and what is made of them, against plain loops in double.
#include "kernels/torch/sparse_attention.h"

#include "kernels/reference/sparse_attention_reference.h"
#include "tests/support/cases.h"

#include <numeric>

namespace palimpsest {
namespace {

const SparsePattern kSmall{5, 3, 4, 2};

// Sums of K and of R terms in f32, of values of order one.
constexpr double kTolerance = 64 * 0x1p-23;

struct Sizes {
    std::int64_t heads, keyHeads, headSize;
};

std::span<const float> values(const torch::Tensor& t) {
    return {t.data_ptr<float>(), std::size_t(t.numel())};
}

void compare(const Sizes& s, const QueryRun& run, const std::vector<std::int64_t>& positions, int layer) {
    torch::manual_seed(7 + layer);
    const bool both = run.sight == Sight::BothWays;
    const auto queries = torch::randn({run.count, s.heads, s.headSize});
    const auto rows = torch::randn({std::int64_t(positions.size()), 2, s.keyHeads, s.headSize});
    const auto own = torch::randn({both ? run.count : 0, 2, s.keyHeads, s.headSize});
    const auto got = sparseAttention(kSmall, layer, run, queries, rows, positions, own).contiguous();
    const auto wanted = referenceAttention({kSmall, layer, !both, run.first, run.count, s.heads, s.keyHeads, s.headSize,
                                            values(queries), values(rows), positions, values(own)});
    double worst = 0;
    for (std::size_t i = 0; i < wanted.size(); ++i) worst = std::max(worst, std::abs(values(got)[i] - wanted[i]));
    CHECK(worst <= kTolerance) << "layer" << layer << "run" << run.first << run.count << "off by" << worst;
}

std::vector<std::int64_t> upTo(std::int64_t count) {
    std::vector<std::int64_t> positions(static_cast<std::size_t>(count));
    std::iota(positions.begin(), positions.end(), 0);
    return positions;
}

CASE(patternSeesWindowGridAndGlobalsAndNothingElse) {
    const SparsePattern p{4, 3, 2, 1}; // reach 10
    std::vector<std::int64_t> seen;
    for (std::int64_t key = 0; key < 40; ++key)
        if (p.sees(20, key, 1)) seen.push_back(key);
    // 0 is global; 13, 16 and 22, 25, 28 lie on the grid of layer 1 (1 modulo 3) less than 10 away
    CHECK((seen == std::vector<std::int64_t>{0, 13, 16, 17, 18, 19, 20, 21, 22, 23, 25, 28}));
    CHECK(p.sees(20, 11, 2) && !p.sees(20, 11, 1)); // another layer, another phase
    CHECK(p.sees(20, 11, 5) && !p.sees(20, 10, 1)); // phases repeat; 10 away is out of reach
}

CASE(masksSayWhatThePatternSays) {
    const auto positions = upTo(60);
    for (const Sight sight : {Sight::Causal, Sight::BothWays})
        for (int layer = 0; layer < 4; ++layer) {
            const QueryRun run{30, 7, sight};
            const KeyView view = viewKeys(kSmall, layer, run, positions, torch::kFloat32);
            for (std::int64_t q = 0; q < run.count; ++q)
                for (std::int64_t key = 0; key < 60; ++key) {
                    const auto at = (view.rows == key).nonzero();
                    const bool seen = at.numel() && view.mask[q][at.item<std::int64_t>()].item<float>() == 0;
                    const bool should = kSmall.sees(30 + q, key, layer) && (sight == Sight::BothWays || key <= 30 + q);
                    CHECK(seen == should) << "layer" << layer << "query" << 30 + q << "key" << key;
                }
            const bool ownSeen =
                sight == Sight::Causal || (view.mask.narrow(1, view.rows.size(0), run.count) == 0).all().item<bool>();
            CHECK(ownSeen);
        }
}

CASE(causalAttentionEqualsLoops) {
    for (int layer = 0; layer < 3; ++layer) {
        compare({4, 2, 8}, {0, 50, Sight::Causal}, upTo(50), layer);
        compare({3, 3, 5}, {40, 10, Sight::Causal}, upTo(50), layer);
        compare({6, 1, 16}, {49, 1, Sight::Causal}, upTo(50), layer);
    }
}

CASE(attentionLongerThanAChunkEqualsLoops) {
    compare({2, 1, 4}, {0, kQueryChunk + 3, Sight::Causal}, upTo(kQueryChunk + 3), 1);
}

CASE(blocksSeeBothSidesOfAGapAndThemselves) {
    auto positions = upTo(30);
    for (std::int64_t right = 38; right < 60; ++right) positions.push_back(right);
    for (int layer = 0; layer < 3; ++layer) compare({4, 2, 8}, {29, 9, Sight::BothWays}, positions, layer);
}

CASE(orderOfRowsDoesNotMatter) {
    auto positions = upTo(40);
    std::reverse(positions.begin() + 10, positions.end());
    compare({4, 2, 8}, {35, 5, Sight::Causal}, positions, 2);
}

CASE(aBlockWithoutAnyCleanKeySeesItself) {
    compare({4, 2, 8}, {0, 6, Sight::BothWays}, {}, 0);
}

} // namespace
} // namespace palimpsest
