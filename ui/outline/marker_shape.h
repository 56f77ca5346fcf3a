// The shapes that statuses and labels are drawn with, so that colour is never all that tells them apart.
#pragma once

#include "app/storage/node.h"

#include <QIcon>

class QPainter;
class QRectF;

namespace palimpsest {

void paintMarker(QPainter& painter, const QRectF& square, const Marker& marker);
QIcon markerIcon(const Marker& marker);
// The names every project begins with in the writer's language; the writer's own as they are.
QString markerName(const Marker& marker);

} // namespace palimpsest
