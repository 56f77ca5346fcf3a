#include "ui/widgets/choice_box.h"

#include <QPainter>

namespace palimpsest {

void ChoiceBox::paintEvent(QPaintEvent* event) {
    QComboBox::paintEvent(event);
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    const qreal x = isRightToLeft() ? 16 : width() - 16, y = height() / 2.0;
    painter.setPen(Qt::NoPen);
    painter.setBrush(palette().color(QPalette::Dark));
    painter.drawPolygon(QPolygonF{{x - 4, y - 2}, {x + 4, y - 2}, {x, y + 3}});
}

} // namespace palimpsest
