// The binder: parts, chapters and scenes of the book, and its notes, as a tree with the words of each.
//
// UI thread. Shows the project and asks it for changes; what a change means for the page is the window's affair.
#pragma once

#include "app/services/project_service.h"
#include "ui/theme/theme.h"

#include <QTimer>
#include <QTreeWidget>
#include <QWidget>

namespace palimpsest {

class Binder : public QWidget {
    Q_OBJECT
public:
    Binder(const Theme& theme, ProjectService& project, QWidget* parent = nullptr);

    QTreeWidget* tree() const { return m_tree; }
    NodeId current() const;    // 0 = none
    void select(NodeId node);  // without opening it
    NodeId firstScene() const; // in reading order; 0 = none
    std::vector<NodeId> scenesInOrder() const;

    void addNode(NodeKind kind); // beside or in the current one; its title is edited at once
    void renameCurrent();
    void trashCurrent();
    void moveCurrent(int direction); // -1 up, 1 down, into the neighbouring chapter at the ends
    void togglePin();

Q_SIGNALS:
    void opened(qint64 node);  // a scene or note was chosen
    void trashed(qint64 node); // for the undo bar

private:
    void refresh();
    void addChildren(QTreeWidgetItem* parent, NodeId id);
    QTreeWidgetItem* addSection(const QString& title);
    QTreeWidgetItem* itemOf(NodeId node) const;
    void showWords(QTreeWidgetItem* item);
    std::vector<const Node*> childrenOf(NodeId parent) const;

    ProjectService& m_project;
    QTreeWidget* m_tree;
    QTimer m_refresh;
    NodeId m_wanted = 0;    // to be selected at the next refresh
    NodeId m_justAdded = 0; // whose title is to be edited
    bool m_filling = false;
};

} // namespace palimpsest
