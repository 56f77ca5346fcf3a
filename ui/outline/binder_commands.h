// What can be done to what is chosen in the binder, as actions: for the Project menu and the binder's own menu.
//
// UI thread. Keys that the text has too (Delete, Alt with an arrow) are the binder's only while it has the keyboard.
#pragma once

#include "ui/outline/binder.h"

class QAction;
class QMenu;

namespace palimpsest {

class BinderCommands : public QObject {
    Q_OBJECT
public:
    explicit BinderCommands(Binder& binder);

    void fill(QMenu& menu) const;
    void setProjectOpen(bool open);

Q_SIGNALS:
    void splitAsked(); // of the text on the page, at its caret

private:
    QAction* add(const char* id, const QString& text, const QKeySequence& keys, std::function<void()> act);
    QAction* addForTree(const char* id, const QString& text, const QKeySequence& keys, std::function<void()> act);
    void separate();
    QMenu* addMarkers(const QString& text, const QString& none, Marker::Family family);
    void fillMarkers(QMenu& menu, const QString& none, Marker::Family family);
    void buildTexts();
    void buildMoves();
    void refreshUndo();
    void refresh();
    void popUp(const QPoint& at);
    void askToDelete(const std::vector<NodeId>& nodes);
    void editMarkers();

    Binder& m_binder;
    QList<QAction*> m_actions; // in the order of the menu
    QAction *m_rename, *m_pin, *m_merge, *m_byHeadings, *m_trash, *m_restore, *m_delete, *m_empty, *m_lists, *m_beside,
        *m_undo, *m_redo;
    QList<QAction*> m_onTree; // what is not in the trash
    bool m_open = false;
};

} // namespace palimpsest
