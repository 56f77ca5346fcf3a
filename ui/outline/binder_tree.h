// The tree of the binder: its rows can be dragged, alone or several, between others and into them.
//
// UI thread. It changes nothing itself: what is dropped is asked for through signals, and only where it is allowed.
#pragma once

#include "app/services/project_service.h"
#include "ui/outline/binder_moves.h"
#include "ui/theme/theme.h"

#include <QTreeWidget>

namespace palimpsest {

class BinderTree : public QTreeWidget {
    Q_OBJECT
public:
    static constexpr const char* kNodesType = "application/x-palimpsest-nodes";

    BinderTree(const Theme& theme, ProjectService& project, QWidget* parent);

    bool isEditing() const { return state() == EditingState; }
    std::vector<NodeId> chosen() const; // in the order of the rows; headings are none

Q_SIGNALS:
    void movesAsked(const std::vector<palimpsest::NodeMove>& moves);
    void trashAsked(const std::vector<qint64>& nodes);
    void undoAsked();
    void redoAsked();

protected:
    QStringList mimeTypes() const override;
    QMimeData* mimeData(const QList<QTreeWidgetItem*>& items) const override;
    Qt::DropActions supportedDropActions() const override { return Qt::MoveAction; }
    void startDrag(Qt::DropActions actions) override;
    void dragEnterEvent(QDragEnterEvent* event) override;
    void dragMoveEvent(QDragMoveEvent* event) override;
    void dropEvent(QDropEvent* event) override;
    void paintEvent(QPaintEvent* event) override;
    void drawBranches(QPainter* painter, const QRect& rect, const QModelIndex& index) const override;
    bool event(QEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;

private:
    struct Drop {
        std::vector<NodeMove> moves;
        bool trash = false;
        QRect mark; // a line between two rows, or the row it goes into
        bool isAllowed() const { return trash || !moves.empty(); }
    };
    Drop dropAt(const QDropEvent& event) const;
    QPixmap chip(const std::vector<NodeId>& nodes) const;
    std::vector<NodeId> nodesOf(const QMimeData& dragged) const;

    const Theme& m_theme;
    ProjectService& m_project;
    QRect m_mark; // Drop::mark of what is dragged now
};

} // namespace palimpsest
