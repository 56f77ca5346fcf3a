// A passage as positions: its words, and which bytes of it are locked. Pure functions.
#pragma once

#include "engine/api/draft.h"

#include <QString>
#include <string>
#include <vector>

namespace palimpsest {

using StepTokens = std::vector<StepToken>;

struct PositionRange {
    int first = 0;
    int count = 0;
    bool operator==(const PositionRange&) const = default;
};

std::string joinedText(const StepTokens& tokens);

// The word that covers a position: the tokens around it that no space separates. Scripts written without spaces are
// taken token by token. Count 0 where there is none: beyond the ends, at an absorbed position, at a space alone.
PositionRange wordAt(const StepTokens& tokens, int position);

// Where the locked tokens lie in joinedText(), in bytes; sorted, neighbours joined.
std::vector<TextRange> lockedRanges(const StepTokens& tokens);

// The words the model is least sure of, about `share` of all that the writer did not lock, one at least; in order of
// place. Empty where nothing is left to choose from.
std::vector<PositionRange> weakestWords(const StepTokens& tokens, double share);

// A draft without a model's steps: `text` as decided words.
StepTokens decidedTokens(const QString& text);

// Words that two texts share, as a part of all their words (Sørensen–Dice of the two bags, without regard to case),
// 0 … 1; 1 for two texts without words.
double wordOverlap(const QString& a, const QString& b);

} // namespace palimpsest
