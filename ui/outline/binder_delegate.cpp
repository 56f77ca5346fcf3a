#include "ui/outline/binder_delegate.h"

#include "app/storage/project_store.h"
#include "ui/theme/icons.h"

#include <QLineEdit>
#include <QLocale>
#include <QPainter>
#include <QTreeView>

namespace palimpsest {
namespace {

constexpr int kRow = 25, kHeadingRow = 34, kEdge = 10;

} // namespace

QSize BinderDelegate::sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const int row = index.data(kSectionRole).toInt() != 0 ? kHeadingRow : kRow;
    return {80, std::max(row, option.fontMetrics.height() + 6)};
}

QWidget* BinderDelegate::createEditor(QWidget* parent, const QStyleOptionViewItem& option,
                                      const QModelIndex& index) const {
    QWidget* editor = QStyledItemDelegate::createEditor(parent, option, index);
    editor->setAccessibleName(tr("Title"));
    return editor;
}

void BinderDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const Colours& c = m_theme.colours();
    const auto* tree = qobject_cast<const QTreeView*>(option.widget);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    const bool rightToLeft = option.direction == Qt::RightToLeft;
    const Qt::Alignment leading = (rightToLeft ? Qt::AlignRight : Qt::AlignLeft) | Qt::AlignVCenter;
    const Qt::Alignment trailing = (rightToLeft ? Qt::AlignLeft : Qt::AlignRight) | Qt::AlignVCenter;
    QRect row = option.rect;
    QFont font = option.font;

    if (index.data(kSectionRole).toInt() != 0) {
        font.setPointSizeF(font.pointSizeF() * 0.82);
        font.setWeight(QFont::DemiBold);
        font.setLetterSpacing(QFont::AbsoluteSpacing, 0.4);
        painter->setFont(font);
        painter->setPen(c.quiet);
        painter->drawText(row.adjusted(kEdge, 8, -kEdge, 0), int(leading), index.data().toString().toUpper());
        painter->restore();
        return;
    }

    const bool selected = option.state & QStyle::State_Selected;
    if (selected || (option.state & QStyle::State_MouseOver)) {
        QRectF pill(6, row.top() + 0.5, (tree ? tree->viewport()->width() : row.width()) - 12, row.height() - 1);
        painter->setBrush(selected ? c.selected : c.hover);
        const bool ring = tree && tree->hasFocus() && tree->currentIndex() == index;
        painter->setPen(ring ? QPen(c.focus, 1.4) : QPen(Qt::NoPen));
        painter->drawRoundedRect(pill, 5, 5);
    }
    const auto kind = NodeKind(index.data(kKindRole).toInt());
    row.adjust(rightToLeft ? kEdge : 2, 0, rightToLeft ? -2 : -kEdge - 4, 0);

    QString count;
    if (kind != NodeKind::Note && kind != NodeKind::Part) count = QLocale().toString(index.data(kWordsRole).toInt());
    QFont small = font;
    small.setPointSizeF(font.pointSizeF() * 0.86);
    painter->setFont(small);
    painter->setPen(c.quiet);
    painter->drawText(row, int(trailing), count);
    int taken = count.isEmpty() ? 0 : QFontMetrics(small).horizontalAdvance(count) + 8;
    if (index.data(kPinnedRole).toBool()) {
        const QRect pin(rightToLeft ? row.left() : row.right() - 12, row.center().y() - 6, 13, 13);
        drawnIcon(Glyph::Pin, c.accent).paint(painter, pin);
        taken = 20;
    }
    font.setWeight(kind == NodeKind::Part ? QFont::DemiBold : QFont::Normal);
    painter->setFont(font);
    painter->setPen(selected || kind == NodeKind::Part || kind == NodeKind::Chapter ? c.text : c.chromeText);
    const QRect title = rightToLeft ? row.adjusted(taken, 0, 0, 0) : row.adjusted(0, 0, -taken, 0);
    const QString shown = QFontMetrics(font).elidedText(index.data().toString(), Qt::ElideRight, title.width());
    painter->drawText(title, int(leading), shown);
    painter->restore();
}

} // namespace palimpsest
