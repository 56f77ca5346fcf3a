#include "ui/widgets/draft_card.h"

#include "ui/widgets/line_of_text.h"

#include <QPainter>

namespace palimpsest {

DraftCard::DraftCard(const Theme& theme, const QString& draft, const QString& about, QWidget* parent)
    : QAbstractButton(parent), m_theme(theme) {
    setFocusPolicy(Qt::StrongFocus);
    setCursor(Qt::PointingHandCursor);
    setSizePolicy(QSizePolicy::Expanding, QSizePolicy::Fixed);
    setDraft(draft, about);
}

void DraftCard::setDraft(const QString& draft, const QString& about) {
    // Set as a property and painted by hand: an ampersand in a draft is an ampersand.
    const QString line = draft.simplified();
    if (accessibleDescription() == line && m_about == about) return;
    m_about = about;
    setAccessibleName(tr("Draft, %1").arg(about));
    setAccessibleDescription(line);
    setToolTip(line.size() > 400 ? line.left(400) + u'…' : line);
    update();
}

void DraftCard::setChosen(bool chosen) {
    setCheckable(true);
    setAutoExclusive(true);
    setChecked(chosen);
}

void DraftCard::paintEvent(QPaintEvent*) {
    const Colours& c = m_theme.colours();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(hasFocus() ? QPen(c.focus, 2) : QPen(isChecked() ? c.accent : c.control, isChecked() ? 1.6 : 1));
    painter.setBrush(underMouse() || isDown() ? c.hover : c.page);
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 6, 6);
    const QRect inner = rect().adjusted(12, 7, -12, -7);
    painter.setFont(Theme::pageFont(15));
    painter.setPen(c.text);
    drawLineOfText(painter, inner, accessibleDescription(), layoutDirection(), Qt::AlignLeading | Qt::AlignTop);
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.86);
    painter.setFont(small);
    painter.setPen(c.quiet);
    drawLineOfText(painter, inner, m_about, layoutDirection(), Qt::AlignLeading | Qt::AlignBottom);
}

} // namespace palimpsest
