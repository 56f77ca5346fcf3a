#include "ui/outline/marker_shape.h"

#include <QCoreApplication>
#include <QPainter>
#include <QPainterPath>
#include <QtMath>

namespace palimpsest {
namespace {

// Corners on a circle, the first one at the top; every second one nearer to the middle for a star.
QPainterPath corners(const QRectF& r, int count, qreal inner = 1) {
    QPolygonF polygon;
    for (int i = 0; i < count; ++i) {
        const qreal angle = 2 * M_PI * i / count, radius = r.width() / 2 * (i % 2 ? inner : 1);
        polygon << r.center() + QPointF(qSin(angle), -qCos(angle)) * radius;
    }
    QPainterPath path;
    path.addPolygon(polygon);
    path.closeSubpath();
    return path;
}

QPainterPath pathOf(MarkerShape shape, const QRectF& r) {
    QPainterPath path;
    switch (shape) {
    case MarkerShape::Square: path.addRect(r.adjusted(0.6, 0.6, -0.6, -0.6)); return path;
    case MarkerShape::Triangle: return corners(r.adjusted(-0.6, 0.4, 0.6, 1.6), 3);
    case MarkerShape::Diamond: return corners(r.adjusted(-0.4, -0.4, 0.4, 0.4), 4);
    case MarkerShape::Star: return corners(r.adjusted(-0.8, -0.8, 0.8, 0.8), 10, 0.45);
    case MarkerShape::Hexagon: return corners(r, 6);
    case MarkerShape::Circle:
    case MarkerShape::Ring:
    case MarkerShape::HalfCircle: break;
    }
    path.addEllipse(r);
    return path;
}

// What resources/schema gives a new project, for the translators.
[[maybe_unused]] const char* const kFirstNames[] = {
    QT_TRANSLATE_NOOP("Marker", "To do"),       QT_TRANSLATE_NOOP("Marker", "First draft"),
    QT_TRANSLATE_NOOP("Marker", "Revised"),     QT_TRANSLATE_NOOP("Marker", "Done"),
    QT_TRANSLATE_NOOP("Marker", "Main thread"), QT_TRANSLATE_NOOP("Marker", "Second thread"),
    QT_TRANSLATE_NOOP("Marker", "Backstory"),   QT_TRANSLATE_NOOP("Marker", "Check the facts"),
};

} // namespace

void paintMarker(QPainter& painter, const QRectF& square, const Marker& marker) {
    const QColor colour = QColor::fromRgb(marker.colour);
    const QRectF r = square.adjusted(0.8, 0.8, -0.8, -0.8);
    const bool open = marker.shape == MarkerShape::Ring || marker.shape == MarkerShape::HalfCircle;
    painter.save();
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(open ? QPen(colour, 1.6) : QPen(Qt::NoPen));
    painter.setBrush(open ? QBrush(Qt::NoBrush) : QBrush(colour));
    painter.drawPath(pathOf(marker.shape, r));
    if (marker.shape == MarkerShape::HalfCircle) {
        painter.setPen(Qt::NoPen);
        painter.setBrush(colour);
        painter.drawPie(r, 90 * 16, 180 * 16);
    }
    painter.restore();
}

QString markerName(const Marker& marker) {
    return QCoreApplication::translate("Marker", marker.name.toUtf8().constData());
}

QIcon markerIcon(const Marker& marker) {
    QIcon icon;
    for (int size : {16, 32, 48}) {
        QPixmap pixmap(size, size);
        pixmap.fill(Qt::transparent);
        QPainter painter(&pixmap);
        painter.scale(size / 16.0, size / 16.0);
        paintMarker(painter, QRectF(3, 3, 10, 10), marker);
        icon.addPixmap(pixmap);
    }
    return icon;
}

} // namespace palimpsest
