// Which candidate to show first. Torch-free.
#pragma once

#include "engine/api/draft.h"

#include <vector>

namespace palimpsest {

// Fills `agreement` (mean word overlap with the others: minimum Bayes risk decoding with that overlap as gain) and
// sorts best first, by the join and the agreement together.
void rankCandidates(std::vector<DraftCandidate>& candidates);

} // namespace palimpsest
