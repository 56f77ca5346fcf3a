// Where things are on the page; painting it, and finding the text under a point.
#include "ui/annotations/annotation_marks.h"
#include "ui/editor/page_layout.h"
#include "ui/editor/scene_document.h"

#include <QPainter>
#include <QTextLayout>
#include <algorithm>
#include <cmath>
#include <limits>

namespace palimpsest {
namespace {

constexpr qreal kTitleScale = 1.38;
constexpr qreal kHeadingScale = 0.8; // of what stands over the title
constexpr qreal kTopRows = 1.3;
constexpr QChar kBullets[] = {u'•', u'–', u'▪', u'·'}; // by level of a list
constexpr qreal kMarkGap = 0.45;                       // between them and the text, in em
constexpr qreal kPageMargin = 58;                      // from the sheet's edge to the column
constexpr qreal kNarrowMargin = 26;                    // when the window leaves no room for more
constexpr qreal kBottomRows = 4;                       // so that one does not write at the edge of the window
constexpr qreal kBetweenRows = 1.2;                    // where another page follows
constexpr qreal kProvenanceBar = 14;                   // left of the column

// [begin, end) without the hidden part, as ranges of the block.
void addSelection(QList<QTextLayout::FormatRange>& ranges, const QTextCharFormat& format, int begin, int end) {
    if (begin < end) ranges.append({begin, end - begin, format});
}

} // namespace

qreal PageLayout::columnWidth() const {
    return std::max<qreal>(60, std::min(m_metrics.columnEm * m_metrics.font.pixelSize(), m_width - 2 * kNarrowMargin));
}

qreal PageLayout::columnLeft() const {
    const qreal centre = m_centre > 0 ? m_centre : m_width / 2;
    const qreal right = m_width - m_marginRoom - columnWidth() / 2;
    return std::floor(std::max<qreal>(0, std::min(centre, right) - columnWidth() / 2));
}

QRectF PageLayout::pageRect() const {
    const qreal margin = std::min(kPageMargin, columnLeft());
    return {columnLeft() - margin, m_among.above, columnWidth() + margin + std::max(margin, m_marginRoom), m_height};
}

qreal PageLayout::rowsAtEnd() const {
    return m_metrics.pitch * (m_among.others ? kBetweenRows : kBottomRows);
}

QSizeF PageLayout::documentSize() const {
    const qreal under = std::max(m_among.below + rowsAtEnd(), m_roomBelow);
    return {m_width, std::ceil(m_among.above + m_height - rowsAtEnd() + under)};
}

QRectF PageLayout::frameBoundingRect(QTextFrame*) const {
    return {QPointF(0, 0), documentSize()};
}

QRectF PageLayout::blockBoundingRect(const QTextBlock& block) const {
    if (!block.isValid() || std::size_t(block.blockNumber()) >= m_places.size()) return {};
    const Place& place = m_places[std::size_t(block.blockNumber())];
    return {columnLeft(), m_among.above + place.top, columnWidth(), place.height};
}

void PageLayout::draw(QPainter* painter, const PaintContext& context) {
    PaintContext shown = context;
    if (!shown.clip.isValid()) shown.clip = QRectF(QPointF(0, 0), documentSize());
    QRectF sheet = pageRect();
    sheet.setTop(shown.clip.top());
    sheet.setBottom(shown.clip.bottom()); // the sheet goes on to the end of the window
    painter->fillRect(sheet & shown.clip, m_colours.page);
    drawPage(painter, shown);
    if (m_drawOthers) m_drawOthers(painter, shown);
}

void PageLayout::drawPage(QPainter* painter, const PaintContext& context) const {
    const QRectF clip = context.clip;
    drawTitle(painter);
    for (int number = blockAt(clip.top()); number < int(m_places.size()); ++number) {
        if (m_among.above + m_places[std::size_t(number)].top > clip.bottom()) break;
        drawBlock(painter, document()->findBlockByNumber(number), context);
    }
}

void PageLayout::drawTitle(QPainter* painter) const {
    const qreal left = columnLeft(), width = columnWidth(), pitch = m_metrics.pitch;
    if (m_among.above > 0) painter->fillRect(QRectF(left, std::round(m_among.above), width, 1), m_colours.edge);
    const auto write = [&](const QString& words, const QFont& font, const QColor& colour, qreal top, qreal height) {
        painter->setFont(font);
        painter->setPen(colour);
        const QString shown = QFontMetricsF(font).elidedText(words, Qt::ElideRight, width);
        painter->drawText(
            QRectF(left, m_among.above + top, width, height),
            int(Qt::AlignVCenter | Qt::AlignAbsolute | (words.isRightToLeft() ? Qt::AlignRight : Qt::AlignLeft)),
            shown);
    };
    QFont title = m_metrics.font;
    title.setPixelSize(qRound(title.pixelSize() * kTitleScale));
    write(m_title, title, m_colours.text, pitch * kTopRows, pitch * 1.3);
    QFont heading = m_metrics.font;
    heading.setPixelSize(qRound(heading.pixelSize() * kHeadingScale));
    if (!m_among.heading.isEmpty()) write(m_among.heading, heading, m_colours.quiet, pitch * 0.3, pitch);
}

void PageLayout::drawBlock(QPainter* painter, const QTextBlock& block, const PaintContext& context) const {
    const QPointF origin = blockBoundingRect(block).topLeft();
    const PageMarks marks = m_marksOf ? m_marksOf(block) : PageMarks{};
    const bool wholeDimmed = marks.lit && marks.lit->begin == marks.lit->end;
    painter->setPen(wholeDimmed ? dimmed(m_colours) : context.palette.color(QPalette::Text));
    if (kindOf(block) == BlockKind::SceneBreak && block.length() == 1) {
        painter->setFont(m_metrics.font);
        painter->drawText(blockBoundingRect(block), Qt::AlignCenter, QStringLiteral("*   *   *"));
    }
    if (isListItem(block)) drawListMark(painter, block);
    const int length = block.length();
    const int hiddenBegin = inPassage(block) ? std::clamp(passageBegin() - block.position(), 0, length) : length;
    const int hiddenEnd = inPassage(block) ? std::clamp(passageEnd() - block.position(), 0, length) : length;
    QList<QTextLayout::FormatRange> selections;
    for (const QTextLayout::FormatRange& mark : paintedFormats(marks, m_colours, length)) {
        const int end = mark.start + mark.length;
        addSelection(selections, mark.format, mark.start, std::min(end, hiddenBegin));
        addSelection(selections, mark.format, std::max(mark.start, hiddenEnd), end);
    }
    for (const Selection& selection : context.selections) {
        const int begin = std::max(0, selection.cursor.selectionStart() - block.position());
        const int end = std::min(length, selection.cursor.selectionEnd() - block.position());
        addSelection(selections, selection.format, begin, std::min(end, hiddenBegin));
        addSelection(selections, selection.format, std::max(begin, hiddenEnd), end);
    }
    const QRectF clip = context.clip;
    block.layout()->draw(painter, origin, selections, clip);
    if (!wholeDimmed) drawMisspelt(*painter, *block.layout(), origin, marks.misspelt, m_colours.misspelt, clip);
    if (hiddenBegin >= hiddenEnd) {
        drawCarried(*painter, *block.layout(), origin, marks.carried, m_colours, m_metrics.font, clip);
        drawSurprising(*painter, *block.layout(), origin, marks.surprising, m_colours.accent, clip);
    }
    if (m_provenanceShown) drawProvenance(painter, block);
    drawCaret(painter, block, context);
}

// Before the first row: a bullet by its level, or the number.
void PageLayout::drawListMark(QPainter* painter, const QTextBlock& block) const {
    const int level = listLevelOf(block);
    const bool numbered = kindOf(block) == BlockKind::Numbered;
    const QString mark = numbered ? QString::number(listNumberOf(block)) + u'.' : QString(kBullets[level - 1]);
    const qreal room = roomBefore(block), gap = m_metrics.font.pixelSize() * kMarkGap;
    QRectF where = blockBoundingRect(block);
    where.setHeight(m_metrics.pitch);
    const bool rightToLeft = block.textDirection() == Qt::RightToLeft;
    rightToLeft ? where.setLeft(where.right() - room + gap) : where.setRight(where.left() + room - gap);
    painter->setFont(m_metrics.font);
    painter->drawText(where, Qt::AlignVCenter | (rightToLeft ? Qt::AlignLeft : Qt::AlignRight), mark);
}

// A bar beside the rows that hold text from the model: whole for untouched, broken for edited.
void PageLayout::drawProvenance(QPainter* painter, const QTextBlock& block) const {
    const QPointF origin = blockBoundingRect(block).topLeft();
    for (auto it = block.begin(); !it.atEnd(); ++it) {
        const QTextFragment fragment = it.fragment();
        const Provenance from = provenanceOf(fragment.charFormat());
        if (from != Provenance::Drafted && from != Provenance::Edited) continue;
        QPen pen(m_colours.accent, 2.5, from == Provenance::Drafted ? Qt::SolidLine : Qt::DotLine);
        painter->setPen(pen);
        const int begin = fragment.position() - block.position(), end = begin + fragment.length();
        for (int i = 0; i < block.layout()->lineCount(); ++i) {
            const QTextLine line = block.layout()->lineAt(i);
            if (line.textStart() >= end || line.textStart() + line.textLength() <= begin) continue;
            const qreal middle = origin.y() + line.y() + line.height() / 2;
            const qreal x = columnLeft() - kProvenanceBar, half = pitchOf(block) / 2;
            painter->drawLine(QPointF(x, middle - half), QPointF(x, middle + half));
        }
    }
}

void PageLayout::drawCaret(QPainter* painter, const QTextBlock& block, const PaintContext& context) const {
    int position = context.cursorPosition;
    if (position < -1) { // inside what an input method is composing
        if (block.layout()->preeditAreaText().isEmpty()) return;
        position = block.position() + block.layout()->preeditAreaPosition() - (position + 2);
    } else if (!block.contains(position)) {
        return;
    }
    const QPointF origin = blockBoundingRect(block).topLeft();
    painter->setPen(context.palette.color(QPalette::Text));
    const int width = std::max(1, property("cursorWidth").toInt());
    const int offset = position - block.position();
    // In front of a hidden selection the caret stands where the text before it ends, not where the passage does.
    if (m_flow && position == passageBegin() && passageBegin() < passageEnd() && offset > 0) {
        const QTextLine line = block.layout()->lineForTextPosition(offset - 1);
        const qreal x = origin.x() + line.cursorToX(offset);
        painter->fillRect(QRectF(x, origin.y() + line.y(), width, line.height()), painter->pen().color());
        return;
    }
    block.layout()->drawCursor(painter, origin, offset, width);
}

// The last block that begins at or above y, or the first.
int PageLayout::blockAt(qreal y) const {
    y -= m_among.above;
    const auto after = std::upper_bound(m_places.begin(), m_places.end(), y,
                                        [](qreal value, const Place& place) { return value < place.top; });
    int number = std::max(0, int(after - m_places.begin()) - 1);
    // A passage's last block begins on the row where its first ends: both are at y.
    while (number > 0 && inPassage(document()->findBlockByNumber(number)) &&
           inPassage(document()->findBlockByNumber(number - 1)))
        --number;
    return number;
}

int PageLayout::positionIn(const QTextBlock& block, const QPointF& point, qreal& distance) const {
    const QPointF origin = blockBoundingRect(block).topLeft();
    const QTextLayout& layout = *block.layout();
    int found = block.position();
    for (int i = 0; i < layout.lineCount(); ++i) {
        const QTextLine line = layout.lineAt(i);
        const int start = block.position() + line.textStart();
        const bool hidden = m_flow && start >= passageBegin() && start < passageEnd();
        if (hidden) continue;
        const QRectF rect = line.naturalTextRect().translated(origin);
        const qreal slack = (pitchOf(block) - line.height()) / 2;
        const qreal dy = std::max({rect.top() - slack - point.y(), point.y() - rect.bottom() - slack, qreal(0)});
        const qreal dx = std::max({rect.left() - point.x(), point.x() - rect.right(), qreal(0)});
        const qreal away = dy * 10000 + dx; // the row decides, then the nearest end in it
        if (away >= distance) continue;
        distance = away;
        found = block.position() + line.xToCursor(point.x() - origin.x());
        if (m_flow && inPassage(block) && found > passageBegin() && found < passageEnd()) found = passageBegin();
    }
    return found;
}

int PageLayout::hitTest(const QPointF& point, Qt::HitTestAccuracy accuracy) const {
    if (m_places.empty()) return 0;
    const int first = blockAt(point.y());
    qreal distance = std::numeric_limits<qreal>::max();
    int found = document()->findBlockByNumber(first).position();
    for (int number = first; number < int(m_places.size()); ++number) {
        const QTextBlock block = document()->findBlockByNumber(number);
        if (number > first && !inPassage(block) && m_among.above + m_places[std::size_t(number)].top > point.y()) break;
        qreal away = distance;
        const int position = positionIn(block, point, away);
        if (away < distance) {
            distance = away;
            found = position;
        }
    }
    if (accuracy == Qt::ExactHit && distance > 0) return -1;
    return found;
}

} // namespace palimpsest
