#include "ui/widgets/budget_bar.h"

#include "ui/widgets/voice.h"

#include <QLocale>
#include <QPainter>
#include <QPainterPath>

namespace palimpsest {

BudgetBar::BudgetBar(const Theme& theme, QWidget* parent) : QWidget(parent), m_theme(theme) {
    giveVoice(*this, QAccessible::Chart);
    setAccessibleName(tr("What the model sees"));
}

void BudgetBar::show(const ContextPreview& preview) {
    m_preview = preview;
    const QLocale locale;
    setAccessibleDescription(preview.limit == 0
                                 ? tr("not known")
                                 : tr("%1 tokens of notes, %2 before, %3 after, of %4")
                                       .arg(locale.toString(preview.notes), locale.toString(preview.before),
                                            locale.toString(preview.after), locale.toString(preview.limit)));
    update();
}

QColor BudgetBar::colourOf(int part) const {
    const Colours& c = m_theme.colours();
    return part == 0 ? c.accent : part == 1 ? c.good : c.goodPale;
}

QPixmap BudgetBar::swatch(int part) const {
    const qreal scale = devicePixelRatioF();
    QPixmap pixmap(int(10 * scale), int(10 * scale));
    pixmap.setDevicePixelRatio(scale);
    pixmap.fill(Qt::transparent);
    QPainter painter(&pixmap);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(Qt::NoPen);
    painter.setBrush(colourOf(part));
    painter.drawRoundedRect(QRectF(0, 0, 10, 10), 2, 2);
    return pixmap;
}

void BudgetBar::paintEvent(QPaintEvent*) {
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    QPainterPath shape;
    shape.addRoundedRect(QRectF(rect()), 4, 4);
    painter.setClipPath(shape);
    painter.fillRect(rect(), m_theme.colours().line);
    const int parts[] = {m_preview.notes, m_preview.before, m_preview.after};
    const int seen = parts[0] + parts[1] + parts[2];
    const qreal all = std::max({1, m_preview.limit, seen});
    qreal x = 0;
    for (int part = 0; part < 3; ++part) {
        // What is there at all is seen at all.
        const qreal width = parts[part] ? std::max<qreal>(3, this->width() * parts[part] / all) : 0;
        const qreal left = isRightToLeft() ? this->width() - x - width : x;
        painter.fillRect(QRectF(left, 0, width - (width > 3 ? 1 : 0), height()), colourOf(part));
        x += width;
    }
}

} // namespace palimpsest
