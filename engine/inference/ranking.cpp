#include "engine/inference/ranking.h"

#include "engine/inference/draft_text.h"

#include <algorithm>

namespace palimpsest {

void rankCandidates(std::vector<DraftCandidate>& candidates) {
    const std::size_t count = candidates.size();
    for (std::size_t i = 0; i < count && count > 1; ++i) {
        double sum = 0;
        for (std::size_t j = 0; j < count; ++j)
            if (j != i) sum += wordOverlap(candidates[i].text, candidates[j].text);
        candidates[i].agreement = sum / double(count - 1);
    }
    // Overlaps of drafts differ by about 0.1 and joins by about 0.1 nats, so that neither drowns the other.
    const auto cost = [](const DraftCandidate& candidate) { return candidate.joinCrossEntropy - candidate.agreement; };
    std::stable_sort(candidates.begin(), candidates.end(), [&](const DraftCandidate& a, const DraftCandidate& b) {
        if (a.text.empty() != b.text.empty()) return b.text.empty(); // stopped before it had a word
        return cost(a) < cost(b);
    });
}

} // namespace palimpsest
