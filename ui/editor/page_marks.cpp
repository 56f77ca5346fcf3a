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
    for (const CarriedMark& mark : marks.carried) {
        if (mark.kind != Carried::Comment) continue;
        QTextCharFormat tint;
        QColor ground = colours.quiet;
        ground.setAlphaF(mark.current ? 0.24f : 0.12f);
        tint.setBackground(ground);
        formats.append({int(mark.words.begin), int(mark.words.end - mark.words.begin), tint});
    }
    for (const Interval& hit : marks.found) formats.append({int(hit.begin), int(hit.end - hit.begin), found});
    if (!marks.lit) return formats;
    const int begin = std::clamp(int(marks.lit->begin), 0, length),
              end = std::clamp(int(marks.lit->end), begin, length);
    if (begin > 0) formats.append({0, begin, dim});
    if (end < length) formats.append({end, length - end, dim});
    return formats;
}

void drawMisspelt(QPainter& painter, const QTextLayout& layout, QPointF origin, const std::vector<Interval>& words,
                  const QColor& colour, const QRectF& clip) {
    if (words.empty()) return;
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(QPen(colour, 1.3));
    painter.setBrush(Qt::NoBrush);
    for (int i = 0; i < layout.lineCount(); ++i) {
        const QTextLine line = layout.lineAt(i);
        if (clip.isValid() && origin.y() + line.y() + line.height() < clip.top()) continue;
        if (clip.isValid() && origin.y() + line.y() > clip.bottom()) break;
        const qsizetype start = line.textStart(), end = start + line.textLength();
        auto word = std::lower_bound(words.begin(), words.end(), start,
                                     [](const Interval& each, qsizetype at) { return each.end <= at; });
        for (; word != words.end() && word->begin < end; ++word) {
            const qreal a = line.cursorToX(int(std::max(word->begin, start)));
            const qreal b = line.cursorToX(int(std::min(word->end, end)));
            const qreal y = line.y() + line.ascent() + std::min<qreal>(3, line.descent() * 0.6);
            drawWave(painter, origin.x() + std::min(a, b), origin.x() + std::max(a, b), origin.y() + y);
        }
    }
    painter.restore();
}

} // namespace palimpsest
