#include "ui/widgets/line_of_text.h"

#include <QPainter>
#include <QStyle>

namespace palimpsest {
namespace {

constexpr int kLeastLetters = 3; // of a label, and the ellipsis

} // namespace

void drawLineOfText(QPainter& painter, const QRect& rect, const QString& text, Qt::LayoutDirection direction,
                    Qt::Alignment alignment) {
    const Qt::LayoutDirection was = painter.layoutDirection();
    painter.setLayoutDirection(text.isRightToLeft() ? Qt::RightToLeft : Qt::LeftToRight);
    painter.drawText(rect, int(QStyle::visualAlignment(direction, alignment) | Qt::AlignAbsolute),
                     painter.fontMetrics().elidedText(text, Qt::ElideRight, rect.width()));
    painter.setLayoutDirection(was);
}

QString withoutQuotes(QStringView text) {
    const auto isQuote = [](QChar c) { return c.isSpace() || QStringView(u"\"“”„«»").contains(c); };
    while (!text.isEmpty() && isQuote(text.front())) text = text.mid(1);
    while (!text.isEmpty() && isQuote(text.back())) text.chop(1);
    return text.toString();
}

QString isolated(const QString& text, Qt::LayoutDirection among) {
    constexpr QChar kBegin(0x2068), kEnd(0x2069); // FIRST STRONG ISOLATE … POP DIRECTIONAL ISOLATE
    return text.isRightToLeft() == (among == Qt::RightToLeft) ? text : kBegin + text + kEnd;
}

QSize LineLabel::sizeHint() const {
    return QLabel::sizeHint().boundedTo(maximumSize());
}

QSize LineLabel::minimumSizeHint() const {
    const QSize whole = sizeHint();
    const QMargins margins = contentsMargins();
    const int least = fontMetrics().averageCharWidth() * kLeastLetters + fontMetrics().horizontalAdvance(u'…');
    return {std::min(whole.width(), least + margins.left() + margins.right()), whole.height()};
}

void LineLabel::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    drawFrame(&painter);
    painter.setPen(palette().color(foregroundRole()));
    drawLineOfText(painter, contentsRect(), text(), layoutDirection(), alignment());
}

// What is cut off can still be read.
void LineLabel::resizeEvent(QResizeEvent* event) {
    QLabel::resizeEvent(event);
    setToolTip(QLabel::sizeHint().width() > width() ? text() : QString());
}

} // namespace palimpsest
