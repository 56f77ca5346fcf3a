// The window over a book with a part, two chapters and four scenes, driven through its binder.
#pragma once

#include "tests/ui/window_fixture.h"

#include <QDropEvent>
#include <QMimeData>

namespace palimpsest::test {

// A part with two chapters of two scenes each behind what every fixture has.
struct BinderFixture : WindowFixture {
    NodeId part = 0, first = 0, second = 0, a = 0, b = 0, c = 0, d = 0;

    BinderFixture() {
        auto opened = ProjectStore::open(path);
        ProjectStore& store = *opened.store;
        part = *store.addNode(0, 3, NodeKind::Part, "Part");
        first = *store.addNode(part, 0, NodeKind::Chapter, "First");
        second = *store.addNode(part, 1, NodeKind::Chapter, "Second");
        a = *store.addNode(first, 0, NodeKind::Scene, "a");
        b = *store.addNode(first, 1, NodeKind::Scene, "b");
        c = *store.addNode(second, 0, NodeKind::Scene, "c");
        d = *store.addNode(second, 1, NodeKind::Scene, "d");
    }

    Binder& binder() { return window->binder(); }
    BinderTree& tree() { return *binder().tree(); }

    QTreeWidgetItem* item(NodeId node) {
        for (QTreeWidgetItemIterator it(&tree()); *it; ++it)
            if ((*it)->data(0, Qt::UserRole).toLongLong() == node) return *it;
        return nullptr;
    }
    QTreeWidgetItem* heading(const QString& title) {
        const auto found = tree().findItems(title, Qt::MatchExactly);
        return found.isEmpty() ? nullptr : found.front();
    }
    void choose(const std::vector<NodeId>& nodes) {
        tree().setFocus();
        tree().clearSelection();
        tree().setCurrentItem(item(nodes.front()), 0, QItemSelectionModel::ClearAndSelect);
        for (NodeId node : nodes) item(node)->setSelected(true);
    }
    QStringList children(NodeId parent) {
        QStringList titles;
        for (const Node& node : childrenOf(project->nodes(), parent))
            if (!node.trashed) titles << node.title;
        return titles;
    }
    // Drops `nodes` at a height of the row: 0 its upper edge … 1 its lower edge.
    bool drop(const std::vector<NodeId>& nodes, QTreeWidgetItem* onto, double height) {
        QModelIndexList indexes;
        for (NodeId node : nodes) indexes << tree().indexFromItem(item(node));
        const std::unique_ptr<QMimeData> data(tree().model()->mimeData(indexes));
        const QRect row = tree().visualItemRect(onto);
        const QPoint at(row.center().x(), row.top() + int(height * (row.height() - 1)));
        QDragEnterEvent enter(at, Qt::MoveAction, data.get(), Qt::LeftButton, {});
        QCoreApplication::sendEvent(tree().viewport(), &enter);
        QDragMoveEvent move(at, Qt::MoveAction, data.get(), Qt::LeftButton, {});
        QCoreApplication::sendEvent(tree().viewport(), &move);
        if (!move.isAccepted()) return false;
        QDropEvent drop(at, Qt::MoveAction, data.get(), Qt::LeftButton, {});
        QCoreApplication::sendEvent(tree().viewport(), &drop);
        QTest::qWait(1); // the tree shows it
        return drop.isAccepted();
    }
    void press(Qt::Key key, Qt::KeyboardModifiers modifiers = {}) {
        QTest::keyClick(&tree(), key, modifiers);
        QTest::qWait(1);
    }
};

} // namespace palimpsest::test
