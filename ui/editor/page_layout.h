// The layout of one scene on its page: a column of text about 66 characters wide, centred, under the scene's title; and
// a place in it where a passage is shown that is not in the document.
//
// UI thread; owned by its QTextDocument (setDocumentLayout). Because the place of the passage is part of the layout,
// everything that asks a layout where text is (mouse, caret, selection, scrolling, input methods) gets the answer that
// fits what is on the screen, and the document and its undo history know nothing of the passage.
//
// The passage stands instead of the document's text [begin, end), which is laid out but not shown. Text before and
// after it in the same paragraphs runs on from it on the same rows. Under its last row a gap is kept for its strip.
#pragma once

#include "ui/editor/page_marks.h"
#include "ui/editor/passage_flow.h"

#include <QAbstractTextDocumentLayout>
#include <QTextBlock>
#include <QTextCursor>
#include <optional>
#include <vector>

class QTextLayout;

namespace palimpsest {

class PageLayout : public QAbstractTextDocumentLayout {
    Q_OBJECT
public:
    explicit PageLayout(QTextDocument* document);
    static PageLayout& of(const QTextDocument& document); // which must have one

    void setMetrics(const PageMetrics& metrics);
    const PageMetrics& metrics() const { return m_metrics; }
    void setColours(const PageColours& colours);
    void setCentre(qreal x);          // of the column; by default the middle of the page size
    void setMarginRoom(qreal pixels); // of the sheet, right of the column: for the cards of comments
    void setTitle(const QString& title);
    void setProvenanceShown(bool shown);

    // Where this page stands among others that are shown above and below it as one (continuous_text.h). All coordinates
    // here are those of the whole: this page begins at `above`.
    struct Among {
        bool others = false;
        qreal above = 0, below = 0; // heights of the others
        QString heading;            // over the title, quietly
        bool operator==(const Among&) const = default;
    };
    void setAmong(const Among& among);
    qreal above() const { return m_among.above; }
    qreal ownHeight() const { return m_height; }
    void takeColumn(const PageLayout& page); // from a page of the same width: its column stands where that one's does
    // Paints the others with this one; null: nobody.
    using Others = std::function<void(QPainter*, const PaintContext&)>;
    void setOthers(Others draw) { m_drawOthers = std::move(draw); }
    void drawPage(QPainter* painter, const PaintContext& context) const; // without the sheet it lies on

    void setMarks(MarksOf marksOf);  // null: none
    void setRoomBelow(qreal pixels); // under the text, at least: so that its last row can stand higher in the window

    // Shows `flow` instead of [begin, end) with a gap of `gap` pixels under it; the range follows edits. `flow` must
    // outlive the passage. Text typed at an empty range goes before it, or after it in the midst of a paragraph.
    void showPassage(int begin, int end, PassageFlow* flow, qreal gap);
    void passageChanged(); // the flow has other words: lays out again what changes
    void removePassage();
    bool hasPassage() const { return m_flow; }
    int passageBegin() const { return m_begin.position(); }
    int passageEnd() const { return std::max(m_begin.position(), m_end.position()); }
    // Left of the text column, top of the passage's first row; document coordinates.
    QPointF passageOrigin() const { return {columnLeft(), m_among.above + m_passageTop}; }
    bool isHidden(int position) const { return m_flow && position > passageBegin() && position < passageEnd(); }

    qreal columnLeft() const;
    qreal columnWidth() const;
    QRectF pageRect() const; // the sheet: as high as this page

    void draw(QPainter* painter, const PaintContext& context) override;
    int hitTest(const QPointF& point, Qt::HitTestAccuracy accuracy) const override;
    int pageCount() const override { return 1; }
    QSizeF documentSize() const override;
    QRectF frameBoundingRect(QTextFrame* frame) const override;
    QRectF blockBoundingRect(const QTextBlock& block) const override;

Q_SIGNALS:
    void placesChanged(); // something moved up or down, the passage with it perhaps

protected:
    void documentChanged(int from, int removed, int added) override;

private:
    struct Place {
        qreal top = 0, height = 0;
        bool operator==(const Place&) const = default;
    };

    qreal rowsAtEnd() const;
    qreal pitchOf(const QTextBlock& block) const;
    qreal roomBefore(const QTextBlock& block) const;
    qreal heightOf(const QTextBlock& block) const; // once laid out, without a passage
    bool keepPlaces(const QTextBlock& first, int end) const;
    void layoutAll();
    void layoutPlain(const QTextBlock& block);
    void layoutPassage();
    void layoutAround(const QTextBlock& block, RowEnd& at, std::vector<Place>& places);
    RowEnd layoutBefore(const QTextBlock& block, int end);
    RowEnd layoutAfter(QTextLayout& layout, RowEnd at, bool rightToLeft);
    void placeBlocks();
    bool inPassage(const QTextBlock& block) const;
    int blockAt(qreal y) const;
    int positionIn(const QTextBlock& block, const QPointF& point, qreal& distance) const;
    void drawTitle(QPainter* painter) const;
    void drawBlock(QPainter* painter, const QTextBlock& block, const PaintContext& context) const;
    void drawListMark(QPainter* painter, const QTextBlock& block) const;
    void drawProvenance(QPainter* painter, const QTextBlock& block) const;
    void drawCaret(QPainter* painter, const QTextBlock& block, const PaintContext& context) const;

    PageMetrics m_metrics;
    PageColours m_colours;
    QString m_title;
    bool m_provenanceShown = false;
    MarksOf m_marksOf;
    qreal m_roomBelow = 0;
    std::vector<Place> m_places; // by block number; from the top of this page
    qreal m_height = 0;          // of this page
    Among m_among;
    Others m_drawOthers;
    QSizeF m_size;     // as last told
    qreal m_width = 0; // of the page size things are laid out for
    qreal m_centre = 0;
    qreal m_marginRoom = 0;

    PassageFlow* m_flow = nullptr;
    QTextCursor m_begin, m_end;
    qreal m_gap = 0;
    qreal m_passageRow = 0;      // of the passage's first row, from the top of its first block
    qreal m_passageTop = 0;      // the same from the top of this page
    std::vector<Place> m_around; // of the passage's blocks: heights, and tops relative to the first
};

} // namespace palimpsest
