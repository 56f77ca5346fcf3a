#include "ui/outline/binder_delegate.h"

#include "ui/outline/marker_shape.h"
#include "ui/theme/icons.h"
#include "ui/widgets/line_of_text.h"
#include "ui/widgets/section_title.h"

#include <QLineEdit>
#include <QLocale>
#include <QPainter>
#include <QTreeView>

namespace palimpsest {
namespace {

constexpr int kRow = 25, kHeadingRow = 34, kEdge = 10;
constexpr int kMark = 11, kGap = 8; // of the shapes at the trailing edge

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

void BinderDelegate::paintHeading(QPainter& painter, const QStyleOptionViewItem& option,
                                  const QModelIndex& index) const {
    const bool rightToLeft = option.direction == Qt::RightToLeft;
    const auto* tree = qobject_cast<const QTreeView*>(option.widget);
    QFont font = SectionTitle::fontFrom(option.font);
    font.setWeight(QFont::DemiBold);
    painter.setFont(font);
    const bool current = tree && tree->hasFocus() && tree->currentIndex() == index;
    painter.setPen(current ? m_theme.colours().focus : m_theme.colours().quiet);
    QString text = index.data().toString().toUpper();
    const int inside = index.model()->rowCount(index);
    if (tree && !tree->isExpanded(index) && inside > 0)
        text += QStringLiteral("  %1 %2").arg(rightToLeft ? QChar(u'◂') : QChar(u'▸')).arg(QLocale().toString(inside));
    drawLineOfText(painter, option.rect.adjusted(kEdge, 8, -kEdge, 0), text, option.direction,
                   Qt::AlignLeading | Qt::AlignVCenter);
}

void BinderDelegate::paintMarks(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index,
                                QRect& row) const {
    const bool rightToLeft = option.direction == Qt::RightToLeft;
    const Colours& c = m_theme.colours();
    const Node* node = m_project.node(index.data(kNodeRole).toLongLong());
    const auto take = [&row, rightToLeft](int width) {
        const QRect part(rightToLeft ? row.left() : row.right() - width + 1, row.top(), width, row.height());
        row.adjust(rightToLeft ? width : 0, 0, rightToLeft ? 0 : -width, 0);
        return part;
    };
    const auto kind = NodeKind(index.data(kKindRole).toInt());
    if (kind != NodeKind::Note && kind != NodeKind::Part) {
        QFont small = option.font;
        small.setPointSizeF(small.pointSizeF() * 0.86);
        const QString count = QLocale().toString(index.data(kWordsRole).toInt());
        const QRect place = take(QFontMetrics(small).horizontalAdvance(count));
        painter.setFont(small);
        painter.setPen(c.quiet);
        painter.drawText(place, int(Qt::AlignCenter), count);
        take(kGap);
    }
    const auto square = [&take] {
        const QRect part = take(kMark);
        take(kGap / 2);
        return QRect(part.left(), part.center().y() - kMark / 2, kMark, kMark);
    };
    if (const int pinned = index.data(kPinnedRole).toInt())
        drawnIcon(pinned == kNodePinned ? Glyph::Pin : Glyph::PinOutline, c.accent)
            .paint(&painter, square().adjusted(-1, -1, 1, 1));
    for (MarkerId id : {node ? node->status : 0, node ? node->label : 0})
        if (const Marker* marker = m_project.marker(id)) paintMarker(painter, square(), *marker);
}

void BinderDelegate::paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const {
    const Colours& c = m_theme.colours();
    const auto* tree = qobject_cast<const QTreeView*>(option.widget);
    painter->save();
    painter->setRenderHint(QPainter::Antialiasing);
    if (index.data(kSectionRole).toInt() != 0) {
        paintHeading(*painter, option, index);
        painter->restore();
        return;
    }
    const bool rightToLeft = option.direction == Qt::RightToLeft;
    const bool selected = option.state & QStyle::State_Selected;
    QRect row = option.rect;
    if (selected || (option.state & QStyle::State_MouseOver)) {
        QRectF pill(6, row.top() + 0.5, (tree ? tree->viewport()->width() : row.width()) - 12, row.height() - 1);
        painter->setBrush(selected ? c.selected : c.hover);
        const bool ring = tree && tree->hasFocus() && tree->currentIndex() == index;
        painter->setPen(ring ? QPen(c.focus, 1.4) : QPen(Qt::NoPen));
        painter->drawRoundedRect(pill, 5, 5);
    }
    row.adjust(rightToLeft ? kEdge : 2, 0, rightToLeft ? -2 : -kEdge - 4, 0);
    paintMarks(*painter, option, index, row);
    const auto kind = NodeKind(index.data(kKindRole).toInt());
    QFont font = option.font;
    font.setWeight(kind == NodeKind::Part ? QFont::DemiBold : QFont::Normal);
    painter->setFont(font);
    painter->setPen(selected || kind == NodeKind::Part || kind == NodeKind::Chapter ? c.text : c.chromeText);
    drawLineOfText(*painter, row, index.data().toString(), option.direction, Qt::AlignLeading | Qt::AlignVCenter);
    painter->restore();
}

} // namespace palimpsest
