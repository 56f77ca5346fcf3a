// The texts of a tuning, cut into passages: what is learnt from and what is held out. Torch-free.
//
// A passage is a few whole paragraphs, about 300 words, of one text. Whether it is held out is decided by a hash of its
// words alone: it stays so when other texts are added or moved. Where the hash holds none out, the passage with the
// lowest one is. A passage that stands elsewhere too (letter by letter) is taken once.
#pragma once

#include "engine/api/tuning.h"

#include <vector>

namespace palimpsest {

struct TuningTexts {
    std::vector<std::string> learnt;  // each what stands between two passages held out, of one text; in order
    std::vector<std::string> heldOut; // passages, by their hash
    std::int64_t words = 0, heldOutWords = 0, duplicateWords = 0;
    std::string digest; // hex, of all that is above
};

// The texts of a request, those of its files included, ready to be split. NotFound, Io; InvalidArgument for a file that
// is no UTF-8 text or too long: the message names it.
Result<std::vector<TuningText>> readTuningTexts(const TuningRequest& request);

// InvalidArgument for fewer words than TuningLimits::kLeastWords: the message says how many there are.
Result<TuningTexts> splitTuningTexts(const std::vector<TuningText>& texts, double heldOutShare);

} // namespace palimpsest
