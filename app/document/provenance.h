// What the writer's edits do to where the words of a block came from. Pure functions; offsets are UTF-16 code units.
//
// The rule:
//  1. What the writer types or pastes is Typed, wherever it is put; it splits the span around it.
//  2. An edit *inside* drafted words, that is one with a Drafted character directly before and directly after the
//     place (whether something was put in, taken out, or both), changes that sentence: its Drafted characters become
//     Edited and keep the id of their draft. Other sentences of the same draft stay Drafted; so taking out exactly
//     what stands between two sentence beginnings, a whole sentence, changes none.
//  3. An edit at the edge of a drafted passage (writing on after it, trimming its end) leaves the rest of it as it is:
//     those words are still the model's, untouched.
// Words that stand next to each other again after an undo get back what they had, because undo restores the spans.
#pragma once

#include "app/document/scene_text.h"
#include "app/document/words.h"

#include <optional>

namespace palimpsest {

// `removed` characters from `position` on are replaced by `inserted`, which is Typed and has `marks`.
struct BlockEdit {
    qsizetype position = 0; // 0 … length of the block
    qsizetype removed = 0;  // cut down to what is there
    QString inserted;
    Marks marks;
};

// The block after the edit, by the rules above. What is put in shares the link, comment, footnote and pin of the words
// it replaces, or of those on both sides. Neighbouring equal spans are joined, empty ones dropped.
Block applyEdit(const Block& block, const BlockEdit& edit);

// Rule 2 for an editor that has already made the change in its own document: the part of `after` in which Drafted
// text now becomes Edited; nothing when the edit was not inside drafted text. `added` characters stand at `position`.
std::optional<Interval> editedSentence(const Block& after, qsizetype position, qsizetype added);

// The sentence of `text` around `position`: up to and with the space after its end. A full stop, question or
// exclamation mark or ellipsis, with closing quotes after it, ends a sentence when a space or the end follows.
Interval sentenceAround(QStringView text, qsizetype position);

} // namespace palimpsest
