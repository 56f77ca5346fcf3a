// What a text's tokens cost the base model, as words. Pure functions.
#pragma once

#include "app/document/words.h"
#include "engine/api/surprise.h"

#include <QString>
#include <vector>

namespace palimpsest {

struct SurprisingWord {
    Interval word;  // of the text, UTF-16
    float nats = 0; // of all tokens with a part in it
    bool operator==(const SurprisingWord&) const = default;
};

// Every word of `text`, in order. A surprise that is not of this text gives none.
std::vector<SurprisingWord> surprisingWords(const QString& text, const Surprise& surprise);

// How a word is shown: 0 as foreseen, 3 as hardly foreseen at all (less than one in sixty thousand).
int surpriseLevel(float nats);
constexpr int kSurpriseLevels = 3;

} // namespace palimpsest
