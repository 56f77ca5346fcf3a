// What became of a text, paragraph by paragraph and word by word. A pure function; up to about a second for two long
// chapters that have nothing in common, so not for the UI thread.
#pragma once

#include "app/document/scene_text.h"
#include "app/document/words.h"

#include <vector>

namespace palimpsest {

// One paragraph before beside the one it became; offsets are in Block::plain().
struct DiffRow {
    int before = -1; // index of the block; -1: it is new
    int after = -1;  // -1: it is gone
    bool same = false;
    std::vector<Interval> removed; // of before; where both are empty and it is not the same, only the form changed
    std::vector<Interval> added;   // of after
    bool operator==(const DiffRow&) const = default;
};

// Every block of both is in exactly one row, in its order.
std::vector<DiffRow> diffTexts(const SceneText& before, const SceneText& after);

// The text with the paragraph of one row as it was before: put back, changed back, or taken out again.
SceneText withRowRestored(const SceneText& before, const SceneText& after, const std::vector<DiffRow>& rows,
                          std::size_t row);

} // namespace palimpsest
