// How words look that a comment, footnote, link or pin hangs on: painted with the text, by shape and not by colour alone.
//
// A comment: a dotted line under the words, whole where the writer is at it, and a tint (page_marks.h). A footnote: its
// number, raised, behind the words. A link: a line under them. A pin: a lozenge and a line left of the column, and
// corners around the words. A word that surprises the model: a line under it, the heavier the more.
#pragma once

#include "ui/annotations/annotations.h"
#include "ui/editor/page_marks.h"

namespace palimpsest {

// Of a block of any document that has Annotations; none is the current one.
std::vector<CarriedMark> carriedMarks(const QTextBlock& block);
CarriedMark carriedMark(const Annotation& annotation, const QTextBlock& block); // the part in the block

// `origin`: the block's top left; `font`: the page's.
void drawCarried(QPainter& painter, const QTextLayout& layout, QPointF origin, const std::vector<CarriedMark>& marks,
                 const PageColours& colours, const QFont& font, const QRectF& clip);

void drawSurprising(QPainter& painter, const QTextLayout& layout, QPointF origin,
                    const std::vector<SurpriseMark>& marks, const QColor& colour, const QRectF& clip);
void drawSurpriseLine(QPainter& painter, QPointF from, QPointF to, int level, const QColor& colour);

} // namespace palimpsest
