// Replacing what a search of the project found, as far as the writer ticked it. Pure functions on texts.
#pragma once

#include "app/document/scene_text.h"
#include "app/document/text_search.h"

#include <vector>

namespace palimpsest {

// One match as the writer saw it.
struct PickedHit {
    int block = 0;     // of the text, when it was searched
    QString paragraph; // the whole block's text then
    Interval match;    // in it
    bool operator==(const PickedHit&) const = default;
};

struct ReplacedText {
    SceneText text;
    int replaced = 0; // hits; fewer than picked where the paragraph is another by now
};

// What comes in is the writer's own words, with the marks of what it replaces; the sentence of a draft that is changed
// so becomes Edited (app/document/provenance.h). A paragraph that was moved since is found by its text.
ReplacedText replaceHits(const SceneText& text, const TextSearch& search, const Replacement& with,
                         const std::vector<PickedHit>& picked);

} // namespace palimpsest
