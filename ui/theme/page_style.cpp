#include "ui/theme/page_style.h"

#include <QPainter>
#include <QPainterPath>
#include <QStyleOption>

namespace palimpsest {

void PageStyle::drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                              const QWidget* widget) const {
    const QPalette& p = option->palette;
    const QRectF rect = QRectF(option->rect).adjusted(0.5, 0.5, -0.5, -0.5);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    if (element == PE_IndicatorCheckBox) {
        const bool focus = option->state & State_HasFocus;
        const bool enabled = option->state & State_Enabled;
        painter->setPen(QPen(p.color(focus ? QPalette::Link : QPalette::Dark), focus ? 2 : 1.2));
        painter->setBrush(p.color(QPalette::Base));
        painter->drawRoundedRect(rect, 3, 3);
        if (option->state & State_On) {
            QPainterPath tick(QPointF(rect.left() + rect.width() * 0.22, rect.top() + rect.height() * 0.52));
            tick.lineTo(rect.left() + rect.width() * 0.43, rect.top() + rect.height() * 0.73);
            tick.lineTo(rect.left() + rect.width() * 0.79, rect.top() + rect.height() * 0.28);
            painter->setPen(QPen(p.color(enabled ? QPalette::Link : QPalette::Dark), 2, Qt::SolidLine, Qt::RoundCap,
                                 Qt::RoundJoin));
            painter->setBrush(Qt::NoBrush);
            painter->drawPath(tick);
        }
    } else if (element == PE_FrameFocusRect) {
        painter->setPen(QPen(p.color(QPalette::Link), 1.4));
        painter->setBrush(Qt::NoBrush);
        painter->drawRoundedRect(rect, 3, 3);
    } else {
        painter->restore();
        return QProxyStyle::drawPrimitive(element, option, painter, widget);
    }
    painter->restore();
}

} // namespace palimpsest
