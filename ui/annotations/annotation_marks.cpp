#include "ui/annotations/annotation_marks.h"

#include "ui/annotations/annotations.h"

#include <QPainter>
#include <QPainterPath>
#include <algorithm>

namespace palimpsest {
namespace {

constexpr qreal kPinAt = 26; // left of the column
constexpr qreal kPinRadius = 5;
constexpr qreal kCorner = 5;
constexpr qreal kRise = 0.34; // of a footnote's number, in sizes of the page's font

struct Row {
    QTextLine line;
    qreal left = 0, right = 0, baseline = 0; // of the words on it
    qreal next = 0;                          // top of the row after it
    bool first = false, last = false;
};

Row rowOf(const QTextLine& line, QPointF origin, const CarriedMark& mark) {
    const qsizetype start = line.textStart(), end = start + line.textLength();
    const qreal a = line.cursorToX(int(std::max(mark.words.begin, start)));
    const qreal b = line.cursorToX(int(std::min(mark.words.end, end)));
    return {line,
            origin.x() + std::min(a, b),
            origin.x() + std::max(a, b),
            origin.y() + line.y() + line.ascent(),
            origin.y() + line.y() + line.height(),
            mark.words.begin >= start && mark.begins,
            mark.words.end <= end && mark.ends};
}

void drawUnderline(QPainter& painter, const Row& row, const CarriedMark& mark, const PageColours& colours) {
    QPen pen(mark.kind == Carried::Link ? colours.text : colours.quiet, mark.current ? 2 : 1.2);
    if (mark.kind == Carried::Comment && !mark.current) {
        pen.setWidthF(1.8);
        pen.setCapStyle(Qt::RoundCap);
        pen.setDashPattern({0.01, 2});
    }
    painter.setPen(pen);
    const qreal y = row.baseline + std::min<qreal>(4, row.line.descent() * 0.7);
    painter.drawLine(QPointF(row.left, y), QPointF(row.right, y));
}

void drawNumber(QPainter& painter, const Row& row, const CarriedMark& mark, const PageColours& colours,
                const QFont& font, bool rightToLeft) {
    const QFont small = footnoteFont(font);
    const QString number = QString::number(mark.number);
    const qreal width = QFontMetricsF(small).horizontalAdvance(number);
    painter.setFont(small);
    painter.setPen(colours.text);
    const qreal x = rightToLeft ? row.left - width : row.right - width;
    painter.drawText(QPointF(x, row.baseline - kRise * font.pixelSize()), number);
    if (mark.current)
        painter.drawLine(QPointF(x, row.baseline - kRise * font.pixelSize() + 2),
                         QPointF(x + width, row.baseline - kRise * font.pixelSize() + 2));
}

QPainterPath pinShape(QPointF centre, qreal radius) {
    QPainterPath path(centre - QPointF(0, radius));
    path.lineTo(centre + QPointF(radius, 0));
    path.lineTo(centre + QPointF(0, radius));
    path.lineTo(centre - QPointF(radius, 0));
    path.closeSubpath();
    return path;
}

void drawPin(QPainter& painter, const Row& row, qreal columnLeft, const PageColours& colours, bool rightToLeft) {
    const qreal top = row.baseline - row.line.ascent(), bottom = row.baseline + row.line.descent();
    const qreal x = columnLeft - kPinAt;
    const qreal opens = rightToLeft ? row.right + 2 : row.left - 2, closes = rightToLeft ? row.left - 2 : row.right + 2;
    const qreal inwards = rightToLeft ? -kCorner : kCorner;
    painter.setPen(QPen(colours.accent, 1.4));
    painter.drawLine(QPointF(x, row.first ? (top + bottom) / 2 : top), QPointF(x, row.last ? bottom : row.next));
    if (row.first) {
        painter.fillPath(pinShape({x, (top + bottom) / 2}, kPinRadius), colours.accent);
        painter.drawPolyline(
            QPolygonF{QPointF(opens, top + kCorner), QPointF(opens, top), QPointF(opens + inwards, top)});
    }
    if (row.last)
        painter.drawPolyline(
            QPolygonF{QPointF(closes, bottom - kCorner), QPointF(closes, bottom), QPointF(closes - inwards, bottom)});
}

} // namespace

CarriedMark carriedMark(const Annotation& annotation, const QTextBlock& block) {
    const qsizetype begin = block.position(), end = begin + block.length();
    const Interval words{std::max<qsizetype>(annotation.begin, begin) - begin,
                         std::min<qsizetype>(annotation.end, end) - begin};
    return {annotation.kind, words, annotation.begin >= begin, annotation.end <= end, annotation.number, false};
}

std::vector<CarriedMark> carriedMarks(const QTextBlock& block) {
    std::vector<CarriedMark> marks;
    const Annotations* annotations = Annotations::find(*block.document());
    if (!annotations) return marks;
    for (const Annotation& each : annotations->all())
        if (each.begin < block.position() + block.length() && each.end > block.position())
            marks.push_back(carriedMark(each, block));
    return marks;
}

void drawCarried(QPainter& painter, const QTextLayout& layout, QPointF origin, const std::vector<CarriedMark>& marks,
                 const PageColours& colours, const QFont& font, const QRectF& clip) {
    if (marks.empty()) return;
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setBrush(Qt::NoBrush);
    const bool rightToLeft = layout.textOption().textDirection() == Qt::RightToLeft;
    for (int i = 0; i < layout.lineCount(); ++i) {
        const QTextLine line = layout.lineAt(i);
        const qreal top = origin.y() + line.y();
        if (clip.isValid() && (top + 2 * line.height() < clip.top() || top - line.height() > clip.bottom())) continue;
        for (const CarriedMark& mark : marks) {
            if (mark.words.end <= line.textStart() || mark.words.begin >= line.textStart() + line.textLength())
                continue;
            Row row = rowOf(line, origin, mark);
            if (i + 1 < layout.lineCount()) row.next = origin.y() + layout.lineAt(i + 1).y();
            if (mark.kind == Carried::Pin)
                drawPin(painter, row, origin.x(), colours, rightToLeft);
            else if (mark.kind != Carried::Footnote)
                drawUnderline(painter, row, mark, colours);
            else if (row.last)
                drawNumber(painter, row, mark, colours, font, rightToLeft);
        }
    }
    painter.restore();
}

void drawSurpriseLine(QPainter& painter, QPointF from, QPointF to, int level, const QColor& colour) {
    constexpr qreal kWeights[] = {1, 1.2, 2.6, 4.4};
    painter.fillRect(QRectF(from, to).adjusted(0, 0, 0, kWeights[std::clamp(level, 1, 3)]), colour);
}

void drawSurprising(QPainter& painter, const QTextLayout& layout, QPointF origin,
                    const std::vector<SurpriseMark>& marks, const QColor& colour, const QRectF& clip) {
    for (const SurpriseMark& mark : marks) {
        const QTextLine line = layout.lineForTextPosition(int(mark.word.begin));
        if (!line.isValid()) continue;
        const qreal a = line.cursorToX(int(mark.word.begin)), b = line.cursorToX(int(mark.word.end));
        const qreal y = origin.y() + line.y() + line.ascent() + std::min<qreal>(5, line.descent() * 0.8);
        if (clip.isValid() && (y + 8 < clip.top() || y - 8 > clip.bottom())) continue;
        drawSurpriseLine(painter, {origin.x() + std::min(a, b), y}, {origin.x() + std::max(a, b), y}, mark.level,
                         colour);
    }
}

} // namespace palimpsest
