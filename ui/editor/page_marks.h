// What is painted with the text of a page and is no part of it: hits of a search, misspelt words, what is out of focus.
//
// UI thread. The document, its undo history and its formats know nothing of them.
#pragma once

#include "app/document/words.h"
#include "ui/annotations/carried.h"

#include <QColor>
#include <QPointF>
#include <QTextBlock>
#include <QTextLayout>
#include <functional>
#include <optional>
#include <vector>

class QPainter;

namespace palimpsest {

struct PageColours {
    QColor page, desk, text, quiet, edge, accent;
    QColor found;    // behind what a search found
    QColor misspelt; // the line under a misspelt word
};

// Words that a comment, footnote, link or pin hangs on.
struct CarriedMark {
    Carried kind = Carried::Comment;
    Interval words;
    bool begins = true, ends = true; // in this block
    int number = 0;                  // of a footnote
    bool current = false;            // the one the writer is at
};

struct SurpriseMark {
    Interval word;
    int level = 1; // 1 … 3
};

// Of one block, in its own offsets.
struct PageMarks {
    std::vector<Interval> found, misspelt;
    std::vector<CarriedMark> carried;
    std::vector<SurpriseMark> surprising;
    std::optional<Interval> lit; // the rest of the block is dimmed; an empty one dims it all. None: nothing is dimmed
};

// Asked for every visible block in every painting: cheap, and bounded by the block.
using MarksOf = std::function<PageMarks(const QTextBlock&)>;

QColor dimmed(const PageColours& colours); // text out of focus

// Hits and dimming as formats for painting the block's layout.
QList<QTextLayout::FormatRange> paintedFormats(const PageMarks& marks, const PageColours& colours, int length);

// A wavy line under each misspelt word on the rows that `clip` touches; `origin` is the block's top left.
void drawMisspelt(QPainter& painter, const QTextLayout& layout, QPointF origin, const std::vector<Interval>& words,
                  const QColor& colour, const QRectF& clip);

} // namespace palimpsest
