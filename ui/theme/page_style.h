// Fusion, but for the marks it draws too faint on our colours: check boxes and the focus ring.
#pragma once

#include <QProxyStyle>

namespace palimpsest {

class PageStyle : public QProxyStyle {
    Q_OBJECT
public:
    PageStyle() : QProxyStyle(QStringLiteral("Fusion")) {}

    void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* painter,
                       const QWidget* widget) const override;
};

} // namespace palimpsest
