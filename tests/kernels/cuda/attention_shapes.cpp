#include "tests/kernels/cuda/attention_shapes.h"

#include <numeric>

namespace palimpsest::cuda {
namespace {

// Positions first, first + 1, … with every `hole`-th left out (0: none).
std::vector<std::int64_t> positionsFrom(std::int64_t first, std::int64_t count, std::int64_t hole = 0) {
    std::vector<std::int64_t> positions;
    for (std::int64_t position = first; std::int64_t(positions.size()) < count; ++position)
        if (hole == 0 || position % hole != 1) positions.push_back(position);
    return positions;
}

// A clean stream: every row is a query too.
AttentionProblem16 stream(std::int64_t length, std::int64_t headSize, std::int64_t heads, std::int64_t keyHeads,
                          SparsePattern pattern, bool causal) {
    AttentionProblem16 p;
    p.headSize = headSize;
    p.shape = {heads, keyHeads, pattern, pattern.dilation > 1 ? 1 : 0};
    p.positions = positionsFrom(0, length);
    p.runs = {{.first = 0, .count = length, .causal = causal}};
    return p;
}

// Blocks of the noised stream over rows with holes: each sees both sides but not what it is to write.
AttentionProblem16 blocks(std::int64_t headSize, std::int64_t heads, std::int64_t keyHeads, SparsePattern pattern) {
    AttentionProblem16 p;
    p.headSize = headSize;
    p.shape = {heads, keyHeads, pattern, pattern.dilation - 1};
    p.positions = positionsFrom(5, 150, 7);
    p.globals = {41, 90, 5000};
    p.runs = {{.first = 20, .count = 9, .causal = false, .own = true, .hiddenBegin = 20, .hiddenEnd = kEndOfText},
              {.first = 60, .count = 0, .own = true},
              {.first = 70, .count = 65, .causal = false, .own = true, .hiddenBegin = 70, .hiddenEnd = 134},
              {.first = 134, .count = 1, .causal = true},
              {.first = 0, .count = 3, .causal = false, .seesAll = true},
              {.first = 100, .count = 2, .causal = true, .own = true, .seesAll = true}};
    return p;
}

std::vector<NamedProblem> shapes() {
    const SparsePattern narrow{.window = 20, .dilation = 4, .count = 10, .globals = 3};
    const SparsePattern windowOnly{.window = 7, .dilation = 1, .count = 0, .globals = 0};
    std::vector<NamedProblem> all{
        {"one row", stream(1, 64, 1, 1, narrow, true)},
        {"causal stream, groups of three", stream(130, 64, 6, 2, narrow, true)},
        {"both ways", stream(131, 32, 2, 1, narrow, false)},
        {"both ways, heads of 128", stream(97, 128, 2, 2, narrow, false)},
        {"window alone", stream(64, 32, 1, 1, windowOnly, true)},
        {"everything is seen", stream(100, 64, 2, 1, {.window = 1000, .dilation = 1, .count = 0, .globals = 0}, false)},
        {"a window of one", stream(70, 32, 1, 1, {.window = 1, .dilation = 3, .count = 0, .globals = 0}, false)},
        {"globals seen by more tiles than one part goes through",
         stream(270, 32, 8, 1, {.window = 4, .dilation = 4, .count = 2, .globals = 3}, true)},
        {"blocks with own slots", blocks(64, 3, 1, narrow)},
        {"blocks, heads of 32", blocks(32, 2, 2, narrow)},
        {"blocks, heads of 128", blocks(128, 4, 2, narrow)},
    };
    AttentionProblem16 noRows = blocks(64, 2, 1, narrow);
    noRows.positions.clear();
    all.push_back({"own slots without a text", noRows});
    AttentionProblem16 far = stream(40, 64, 1, 1, narrow, true);
    far.positions = positionsFrom(1'000'000'000, 40);
    far.runs = {{.first = 1'000'000'010, .count = 30, .causal = false}};
    all.push_back({"positions near the limit", far});
    return all;
}

} // namespace

std::vector<NamedProblem> attentionProblems(bool bf16) {
    std::vector<NamedProblem> all;
    const std::vector<NamedProblem> chosen = shapes();
    unsigned seed = 1;
    for (std::size_t i = 0; i < chosen.size(); ++i)
        for (Format format : formatsOf(i, bf16)) {
            NamedProblem named = chosen[i];
            named.name += format == Format::F16 ? ", f16" : ", bf16";
            named.problem.format = format;
            fillWithNumbers(named.problem, seed);
            seed += 10;
            all.push_back(std::move(named));
        }
    return all;
}

} // namespace palimpsest::cuda
