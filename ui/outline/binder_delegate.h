// How a row of the binder looks: title, words at the right edge, a lozenge for what is pinned, the shapes of status and
// label, small headings.
#pragma once

#include "app/services/project_service.h"
#include "ui/theme/theme.h"

#include <QStyledItemDelegate>

namespace palimpsest {

enum BinderRole {
    kNodeRole = Qt::UserRole, // NodeId; 0 = a heading
    kSectionRole,             // BinderSection, of a heading; else 0
    kKindRole,                // NodeKind
    kWordsRole,               // int, its own and its children's
    kPinnedRole,              // BinderPin
};

enum BinderPin { kNotPinned, kNodePinned, kPassagesPinned }; // the last: words in its text

enum class BinderSection { None, Manuscript, Notes, Place, Trash };

class BinderDelegate : public QStyledItemDelegate {
    Q_OBJECT
public:
    BinderDelegate(const Theme& theme, const ProjectService& project, QObject* parent)
        : QStyledItemDelegate(parent), m_theme(theme), m_project(project) {}

    void paint(QPainter* painter, const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QSize sizeHint(const QStyleOptionViewItem& option, const QModelIndex& index) const override;
    QWidget* createEditor(QWidget* parent, const QStyleOptionViewItem& option, const QModelIndex& index) const override;

private:
    void paintHeading(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index) const;
    // From the trailing edge of `row` on, which becomes what is left.
    void paintMarks(QPainter& painter, const QStyleOptionViewItem& option, const QModelIndex& index, QRect& row) const;

    const Theme& m_theme;
    const ProjectService& m_project;
};

} // namespace palimpsest
