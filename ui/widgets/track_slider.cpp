#include "ui/widgets/track_slider.h"

#include <QMouseEvent>
#include <QPainter>
#include <QStyle>

namespace palimpsest {
namespace {

constexpr qreal kHandle = 7;   // radius
constexpr qreal kTickGap = 14; // the least between two ticks

} // namespace

TrackSlider::TrackSlider(QWidget* parent) : QSlider(Qt::Horizontal, parent) {
    setFocusPolicy(Qt::StrongFocus);
}

void TrackSlider::setAccented(bool accented) {
    m_accented = accented;
    update();
}

qreal TrackSlider::xOf(int value) const {
    const qreal share = maximum() > minimum() ? qreal(value - minimum()) / (maximum() - minimum()) : 0;
    const qreal from = kHandle + 2, to = width() - kHandle - 2;
    return isRightToLeft() ? to - share * (to - from) : from + share * (to - from);
}

int TrackSlider::tickEvery() const {
    const qreal room = (width() - 2 * kHandle - 4) / std::max(1, maximum() - minimum());
    for (int tens = 1;; tens *= 10)
        for (int every : {tens, 2 * tens, 5 * tens})
            if (every * room >= kTickGap || every > maximum() - minimum()) return every;
}

void TrackSlider::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const QPalette& p = palette();
    // Link holds the accent as text: the one colour of the accent that is in the palette.
    const QColor filled = !isEnabled() ? p.color(QPalette::Mid)
                          : m_accented ? p.color(QPalette::Link)
                                       : p.color(QPalette::Dark);
    const qreal middle = height() / 2.0, x = xOf(sliderPosition());
    painter.setPen(Qt::NoPen);
    painter.setBrush(p.color(QPalette::Mid));
    painter.drawRoundedRect(QRectF(kHandle, middle - 2, width() - 2 * kHandle, 4), 2, 2);
    painter.setBrush(filled);
    const qreal begin = isRightToLeft() ? width() - kHandle : kHandle;
    painter.drawRoundedRect(QRectF(std::min(begin, x), middle - 2, std::abs(x - begin), 4), 2, 2);
    if (m_accented && isEnabled())
        for (int value = minimum(); value <= maximum(); value += tickEvery())
            painter.fillRect(QRectF(xOf(value) - 0.75, middle - 5, 1.5, 10),
                             value <= sliderPosition() ? filled : p.color(QPalette::Dark));
    painter.setPen(QPen(filled, 1.6));
    painter.setBrush(m_accented ? filled : p.color(QPalette::Base));
    painter.drawEllipse(QPointF(x, middle), kHandle, kHandle);
    if (hasFocus()) {
        painter.setPen(QPen(p.color(QPalette::Link), 2));
        painter.setBrush(Qt::NoBrush);
        painter.drawEllipse(QPointF(x, middle), kHandle + 2.5, kHandle + 2.5);
    }
}

void TrackSlider::moveTo(int x) {
    const int span = width() - 2 * int(kHandle) - 4;
    setSliderPosition(
        QStyle::sliderValueFromPosition(minimum(), maximum(), x - int(kHandle) - 2, span, isRightToLeft()));
}

void TrackSlider::mousePressEvent(QMouseEvent* event) {
    if (event->button() != Qt::LeftButton) return QSlider::mousePressEvent(event);
    setFocus(Qt::MouseFocusReason);
    moveTo(event->position().toPoint().x());
}

void TrackSlider::mouseMoveEvent(QMouseEvent* event) {
    if (event->buttons() & Qt::LeftButton) moveTo(event->position().toPoint().x());
}

} // namespace palimpsest
