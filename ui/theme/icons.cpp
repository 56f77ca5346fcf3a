#include "ui/theme/icons.h"

#include <QPainter>
#include <QPainterPath>
#include <QPixmap>

namespace palimpsest {
namespace {

// In a 16 × 16 square.
QPainterPath pathOf(Glyph glyph) {
    QPainterPath path;
    switch (glyph) {
    case Glyph::Pause:
        path.addRoundedRect(3.5, 3, 3.2, 10, 1, 1);
        path.addRoundedRect(9.3, 3, 3.2, 10, 1, 1);
        break;
    case Glyph::Play:
        path.moveTo(4.5, 2.8);
        path.lineTo(13, 8);
        path.lineTo(4.5, 13.2);
        path.closeSubpath();
        break;
    case Glyph::Stop: path.addRoundedRect(3.5, 3.5, 9, 9, 1.5, 1.5); break;
    case Glyph::Close: {
        QPainterPath cross;
        cross.moveTo(4, 4);
        cross.lineTo(12, 12);
        cross.moveTo(12, 4);
        cross.lineTo(4, 12);
        QPainterPathStroker stroker;
        stroker.setWidth(1.6);
        stroker.setCapStyle(Qt::RoundCap);
        path = stroker.createStroke(cross);
        break;
    }
    case Glyph::Pin:
        path.moveTo(8, 2.5);
        path.lineTo(13.5, 8);
        path.lineTo(8, 13.5);
        path.lineTo(2.5, 8);
        path.closeSubpath();
        break;
    case Glyph::PinOutline: {
        QPainterPathStroker stroker;
        stroker.setWidth(1.8);
        path = stroker.createStroke(pathOf(Glyph::Pin));
        break;
    }
    case Glyph::Tick: {
        QPainterPath tick(QPointF(3.5, 8.5));
        tick.lineTo(6.8, 11.8);
        tick.lineTo(12.5, 4.5);
        QPainterPathStroker stroker;
        stroker.setWidth(1.8);
        stroker.setCapStyle(Qt::RoundCap);
        stroker.setJoinStyle(Qt::RoundJoin);
        path = stroker.createStroke(tick);
        break;
    }
    case Glyph::Comment:
        path.addRoundedRect(2, 3, 12, 8, 2, 2);
        path.moveTo(5, 11);
        path.lineTo(5, 14);
        path.lineTo(8.5, 11);
        path.closeSubpath();
        break;
    case Glyph::Application: break;
    }
    return path;
}

// A page with three lines of text, the last one still forming.
void paintApplication(QPainter& painter, const QColor& accent) {
    painter.setPen(QPen(QColor(0xd8d2c6), 0.4));
    painter.setBrush(QColor(0xfffdf9));
    painter.drawRoundedRect(QRectF(2, 1, 12, 14), 1.6, 1.6);
    painter.setPen(Qt::NoPen);
    painter.setBrush(QColor(0x4a4741));
    painter.drawRoundedRect(QRectF(4.6, 4, 7, 1.1), 0.5, 0.5);
    painter.drawRoundedRect(QRectF(4.6, 6.6, 7, 1.1), 0.5, 0.5);
    painter.setBrush(accent);
    painter.drawRoundedRect(QRectF(3, 9, 0.7, 4.2), 0.3, 0.3);
    painter.drawRoundedRect(QRectF(4.6, 9.2, 3.4, 1.1), 0.5, 0.5);
    for (int dot = 0; dot < 4; ++dot) painter.drawEllipse(QPointF(9.2 + dot * 1.3, 9.75), 0.4, 0.4);
    for (int dot = 0; dot < 3; ++dot) painter.drawEllipse(QPointF(5 + dot * 1.3, 12.35), 0.4, 0.4);
}

} // namespace

QIcon drawnIcon(Glyph glyph, const QColor& colour) {
    QIcon icon;
    const bool application = glyph == Glyph::Application;
    for (int size : application ? QList<int>{32, 64, 128, 256} : QList<int>{16, 32, 48}) {
        QPixmap pixmap(size, size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        painter.setRenderHint(QPainter::Antialiasing);
        painter.scale(size / 16.0, size / 16.0);
        if (application)
            paintApplication(painter, colour);
        else
            painter.fillPath(pathOf(glyph), colour);
        icon.addPixmap(pixmap);
    }
    return icon;
}

} // namespace palimpsest
