#include "ui/editor/page_marks.h"

#include <QPainter>
#include <QPainterPath>
#include <algorithm>

namespace palimpsest {
namespace {

constexpr qreal kDimmedShare = 0.36; // of the text's colour in the page's
constexpr qreal kWaveWidth = 4, kWaveHeight = 1.6;

int mixed(int text, int page) {
    return qRound(text * kDimmedShare + page * (1 - kDimmedShare));
}

void drawWave(QPainter& painter, qreal left, qreal right, qreal y) {
    QPainterPath wave(QPointF(left, y));
    bool up = true;
    for (qreal x = left; x < right; x += kWaveWidth / 2, up = !up) {
        const qreal end = std::min(x + kWaveWidth / 2, right);
        wave.quadTo({(x + end) / 2, y + (up ? -kWaveHeight : kWaveHeight)}, {end, y});
    }
    painter.drawPath(wave);
}

} // namespace

QColor dimmed(const PageColours& colours) {
    return {mixed(colours.text.red(), colours.page.red()), mixed(colours.text.green(), colours.page.green()),
            mixed(colours.text.blue(), colours.page.blue())};
}

QList<QTextLayout::FormatRange> paintedFormats(const PageMarks& marks, const PageColours& colours, int length) {
    QList<QTextLayout::FormatRange> formats;
    QTextCharFormat found, dim;
    found.setBackground(colours.found);
    QColor outline = colours.quiet;
    outline.setAlphaF(0.6f);
    found.setProperty(QTextFormat::OutlinePen, QPen(outline, 1)); // not by colour alone
    dim.setForeground(dimmed(colours));
    for (const Interval& hit : marks.found) formats.append({int(hit.begin), int(hit.end - hit.begin), found});
    if (!marks.lit) return formats;
    const int begin = std::clamp(int(marks.lit->begin), 0, length),
              end = std::clamp(int(marks.lit->end), begin, length);
    if (begin > 0) formats.append({0, begin, dim});
    if (end < length) formats.append({end, length - end, dim});
    return formats;
}

void drawMisspelt(QPainter& painter, const QTextLayout& layout, QPointF origin, const std::vector<Interval>& words,
                  const QColor& colour) {
    if (words.empty()) return;
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(colour, 1.3));
    painter.setBrush(Qt::NoBrush);
    for (const Interval& word : words) {
        for (QTextLine line = layout.lineForTextPosition(int(word.begin)); line.isValid();) {
            const int lineEnd = line.textStart() + line.textLength();
            const qreal a = line.cursorToX(std::max(int(word.begin), line.textStart()));
            const qreal b = line.cursorToX(std::min(int(word.end), lineEnd));
            const qreal y = line.y() + line.ascent() + std::min<qreal>(3, line.descent() * 0.6);
            drawWave(painter, origin.x() + std::min(a, b), origin.x() + std::max(a, b), origin.y() + y);
            if (word.end <= lineEnd || line.lineNumber() + 1 >= layout.lineCount()) break;
            line = layout.lineAt(line.lineNumber() + 1);
        }
    }
    painter.restore();
}

} // namespace palimpsest
