// Cutting texts in two, putting two together, and carrying a change of one over to a text that went on since.
//
// Pure functions. Spans keep their marks, their provenance and what hangs on them.
#pragma once

#include "app/document/scene_text.h"

#include <utility>

namespace palimpsest {

// Before the character `offset` (UTF-16) of a block. Beyond the end means the end.
struct TextPlace {
    int block = 0;
    qsizetype offset = 0;
    bool operator==(const TextPlace&) const = default;
};

// The spans of [begin, end) of a block, in its own kind and level.
Block partOf(const Block& block, qsizetype begin, qsizetype end);

struct CutText {
    SceneText first, second;
    bool insideParagraph = false; // both hold a piece of the same one
};
CutText cutText(const SceneText& text, TextPlace at);

// `insideParagraph`: the last block of the first and the first of the second become one, with the first's kind.
SceneText joinTexts(SceneText first, const SceneText& second, bool insideParagraph = false);

// Three-way merge by paragraphs: what changed from `base` to `theirs`, done to `mine`, which was changed from `base`
// too. A paragraph changed in both keeps what it is in `mine`.
SceneText mergeChanges(const SceneText& base, const SceneText& mine, const SceneText& theirs);

// Where a place of `base` is in `now`, a text made from it by edits: between paragraphs when the one it was in is gone.
TextPlace followPlace(const SceneText& base, const SceneText& now, TextPlace at);

// Equal blocks of two texts get equal numbers: for commonRuns().
std::pair<std::vector<int>, std::vector<int>> numberBlocks(const SceneText& a, const SceneText& b);

} // namespace palimpsest
