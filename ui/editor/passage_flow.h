// A passage laid out in lines, running on from the text before it on its first row.
//
// UI thread, no widgets: the page layout asks it to flow, the passage view paints its pieces. Coordinates have their
// origin at the left of the text column and the top of the passage's first row.
#pragma once

#include "ui/editor/passage_words.h"

#include <QFont>
#include <QGlyphRun>
#include <QList>
#include <QRectF>
#include <vector>

namespace palimpsest {

// Of the page, in pixels.
struct PageMetrics {
    QFont font;
    qreal pitch = 29;        // from one row to the next
    qreal paragraphGap = 11; // more between paragraphs
    qreal columnEm = 29;     // width of the column in sizes of the font: about 66 characters of the page's serif
    bool operator==(const PageMetrics&) const = default;
};

// Where a row is taken up: `used` pixels from its beginning (its right end in right-to-left text).
struct RowEnd {
    qreal top = 0;
    qreal used = 0;
};

class PassageFlow {
public:
    // A word, or its part on one line.
    struct Piece {
        std::size_t word = 0; // index into words().words
        QRectF rect;          // the row's full height
        qreal baseline = 0;
        QList<QGlyphRun> glyphs;
    };

    void setMetrics(const PageMetrics& metrics) { m_metrics = metrics; }
    void setWords(PassageWords words) { m_words = std::move(words); }
    const PassageWords& words() const { return m_words; }

    // Lays everything out in a column `width` wide; its first row is taken up to `used`. Returns where it ends.
    RowEnd flow(qreal used, qreal width, bool rightToLeft);

    const std::vector<Piece>& pieces() const { return m_pieces; }
    RowEnd end() const { return m_end; }
    qreal height() const { return m_end.top + m_metrics.pitch; }

private:
    void flowParagraph(int paragraph, qreal width, bool rightToLeft);

    PageMetrics m_metrics;
    PassageWords m_words;
    std::vector<Piece> m_pieces;
    RowEnd m_end;
};

} // namespace palimpsest
