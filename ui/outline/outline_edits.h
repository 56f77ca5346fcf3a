// The writer's changes of the binder, each of which can be undone: one stack for all of them.
//
// UI thread; nothing waits: the project's mirror changes at once, its file follows. Emptied when another project is
// opened. What cannot be undone (emptying the trash) empties it too, having been asked about before.
#pragma once

#include "app/services/project_service.h"
#include "ui/outline/binder_moves.h"

#include <QUndoStack>
#include <functional>

namespace palimpsest {

class OutlineEdits : public QObject {
    Q_OBJECT
public:
    explicit OutlineEdits(ProjectService& project, QObject* parent = nullptr);

    QUndoStack& stack() { return m_stack; }

    // Every one is one step; one that changes nothing is none.
    void add(NodeKind kind, NodePlace place, const QString& title);
    void rename(NodeId node, const QString& title);
    void move(const std::vector<NodeMove>& moves); // what was in the trash comes out of it
    void setPinned(const std::vector<NodeId>& nodes, bool pinned);
    void setTrashed(const std::vector<NodeId>& nodes, bool trashed);

Q_SIGNALS:
    void touched(qint64 node); // a step was done or undone: this is where to look

private:
    using Act = std::function<void()>;
    void push(const QString& text, NodeId node, Act redo, Act undo);
    QString nameOf(const std::vector<NodeId>& nodes) const;

    ProjectService& m_project;
    QUndoStack m_stack;
};

} // namespace palimpsest
