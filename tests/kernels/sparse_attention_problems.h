// The problems that every sparse attention kernel must solve: one of each kind of sight, shape and layout.
#pragma once

#include "tests/kernels/sparse_attention_problem.h"

#include <cmath>

namespace palimpsest::test {

inline std::vector<Problem> sightProblems() {
    const std::vector<std::int64_t> whole = positionsUpTo(90);
    std::vector<std::int64_t> gap = positionsUpTo(40);
    for (std::int64_t p = 52; p < 90; ++p) gap.push_back(p);
    std::vector<std::int64_t> cached{0, 1, 2}; // globals, every third key, then the window
    for (std::int64_t p = 4; p < 40; p += 3) cached.push_back(p);
    for (std::int64_t p = 41; p < 55; ++p) cached.push_back(p);

    std::vector<Problem> all;
    const auto add = [&](const char* name, std::vector<AttentionRun> runs, std::vector<std::int64_t> positions) {
        Problem p;
        p.name = name;
        p.runs = std::move(runs);
        p.positions = std::move(positions);
        all.push_back(p);
        return &all.back();
    };
    add("causal", {{0, 90}}, whole);
    add("both ways", {{0, 90, false}}, whole);
    add("own block", {{39, 13, false, true}}, gap);
    add("a block at the end", {{50, 9, false, true}}, positionsUpTo(50));
    add("own block without rows", {{0, 6, false, true}}, {});
    add("a long block of its own", {{20, 70, false, true}}, positionsUpTo(21));
    add("hidden range", {{30, 25, false, true, false, 33, 50}}, whole);
    add("hidden to the end", {{30, 25, false, true, false, 31, kEndOfText}}, whole);
    add("causal with a hidden range", {{10, 60, true, false, false, 20, 29}}, whole);
    add("sees all", {{0, 3, true, false, true}, {3, 60}}, whole);
    add("sees all both ways", {{4, 70, false, false, true}}, whole);
    add("sees all but a hidden range", {{4, 70, false, false, true, 10, 60}}, whole);
    add("empty run between two", {{3, 4}, {50, 0, false, true}, {60, 5, false, true}}, whole);
    add("no runs", {}, whole);
    add("no rows", {{5, 4}}, {});
    add("one query, one row", {{0, 1}}, {0});
    add("nothing seen", {{60, 3}, {88, 2}}, {57, 58, 70, 71});
    add("several blocks", {{5, 9, false, true, false, 6, kEndOfText}, {30, 17, false, true, false, 31, 47}, {80, 3}},
        whole);
    add("phase 0", {{0, 90}}, whole)->phase = 0;
    add("phase 2", {{0, 90, false}}, whole)->phase = 2;
    Problem* p = add("dilation 1", {{0, 90, false}}, whole);
    p->pattern.dilation = 1;
    p->phase = 0;
    add("count 0", {{0, 90}}, whole)->pattern.count = 0;
    add("no globals", {{0, 90}}, whole)->pattern.globals = 0;
    add("window 1", {{0, 90, false}}, whole)->pattern.window = 1;
    add("wide window", {{0, 90, false}}, whole)->pattern.window = 200;
    p = add("further globals", {{30, 60}, {3, 4, false}}, whole);
    p->globals = {0, 7, 11, 40, 41, 65, 120};
    p = add("further globals without leading ones", {{10, 40, false}}, gap);
    p->globals = {2, 45, 60, 89};
    p->pattern.globals = 0;
    add("cache with holes", {{54, 9, false, true}}, cached);
    add("causal over holes", {{50, 5}}, cached);
    add("text from the middle", {{1000, 20}}, positionsUpTo(1020, 930));
    add("many keys", {{400, 9, false, true}, {380, 30}}, positionsUpTo(410))->pattern = {150, 4, 60, 10};
    return all;
}

inline std::vector<Problem> shapeProblems() {
    std::vector<Problem> all;
    const auto add = [&](std::int64_t heads, std::int64_t keyHeads, std::int64_t headSize, std::int64_t gap) {
        Problem p;
        p.name = "heads " + std::to_string(heads) + "/" + std::to_string(keyHeads) + " of " + std::to_string(headSize) +
                 (gap < 0 ? " interleaved"
                  : gap   ? " with gaps"
                          : "");
        p.heads = heads;
        p.keyHeads = keyHeads;
        p.headSize = headSize;
        p.gap = gap;
        p.runs = {{70, 9, false, true, false, 71, 80}, {0, 80}};
        p.positions = positionsUpTo(80);
        p.scale = 1 / std::sqrt(float(headSize));
        all.push_back(p);
    };
    for (std::int64_t size : {1, 2, 3, 5, 7, 8, 16, 17, 24, 31, 32, 40, 63, 64, 65, 128, 130}) add(3, 3, size, 0);
    for (std::int64_t gap : {0, 5, -1}) {
        add(9, 3, 64, gap);
        add(8, 1, 32, gap);
        add(6, 2, 13, gap);
        add(5, 5, 16, gap);
    }
    add(64, 1, 4, 0);
    add(65, 1, 4, 0); // more heads than a tile has lanes
    add(140, 2, 3, 0);
    return all;
}

} // namespace palimpsest::test
