// How a row of the binder looks: title, words at the right edge, a lozenge for pinned notes, small headings.
#pragma once

#include "ui/theme/theme.h"

#include <QStyledItemDelegate>

namespace palimpsest {

enum BinderRole {
    kNodeRole = Qt::UserRole, // NodeId; 0 = a heading
    kSectionRole,             // BinderSection, of a heading; else 0
    kKindRole,                // NodeKind
    kWordsRole,               // int, its own and its children's
    kPinnedRole,
};

enum class BinderSection { None, Manuscript, Notes, Trash };

class BinderDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    explicit BinderDelegate(const Theme& theme, QObject* parent) : QStyledItemDelegate(parent), m_theme(theme) {}

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QWidget* createEditor(QWidget* parent, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    const Theme& m_theme;
};

} // namespace palimpsest
