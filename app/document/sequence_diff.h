// What two sequences have in common: a longest common subsequence, by the algorithm of E. Myers, "An O(ND) Difference
// Algorithm and Its Variations", Algorithmica 1 (1986), in the form that needs linear space.
#pragma once

#include <span>
#include <vector>

namespace palimpsest {

// a[a … a + length) equals b[b … b + length).
struct CommonRun {
    int a = 0, b = 0, length = 0;
    bool operator==(const CommonRun&) const = default;
};

// In order, none empty, none adjacent to the next in both. Time O((|a| + |b|)·D) for D differences; where two stretches
// differ in more than about kMaxDifferences places they count as having nothing in common.
constexpr int kMaxDifferences = 4000;
std::vector<CommonRun> commonRuns(std::span<const int> a, std::span<const int> b);

} // namespace palimpsest
