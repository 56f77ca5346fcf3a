#include "ui/widgets/draft_card.h"

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
    if (m_chosen == chosen) return;
    m_chosen = chosen;
    update();
}

void DraftCard::paintEvent(QPaintEvent*) {
    const Colours& c = m_theme.colours();
    QPainter painter(this);
    painter.setRenderHint(QPainter::Antialiasing);
    painter.setPen(hasFocus() ? QPen(c.focus, 2) : QPen(m_chosen ? c.accent : c.control, m_chosen ? 1.6 : 1));
    painter.setBrush(underMouse() || isDown() ? c.hover : c.page);
    painter.drawRoundedRect(QRectF(rect()).adjusted(1, 1, -1, -1), 6, 6);
    const QRect inner = rect().adjusted(12, 7, -12, -7);
    const int align = isRightToLeft() ? Qt::AlignRight : Qt::AlignLeft;
    const QFont serif = Theme::pageFont(15);
    painter.setFont(serif);
    painter.setPen(c.text);
    painter.drawText(inner, align | Qt::AlignTop,
                     QFontMetrics(serif).elidedText(accessibleDescription(), Qt::ElideRight, inner.width()));
    QFont small = font();
    small.setPointSizeF(small.pointSizeF() * 0.86);
    painter.setFont(small);
    painter.setPen(c.quiet);
    painter.drawText(inner, align | Qt::AlignBottom,
                     QFontMetrics(small).elidedText(m_about, Qt::ElideRight, inner.width()));
}

} // namespace palimpsest
