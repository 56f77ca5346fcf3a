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

private:
    QAction* add(const QString& text, const QKeySequence& keys, std::function<void()> act);
    QAction* addForTree(const QString& text, const QKeySequence& keys, std::function<void()> act);
    void separate();
    void refresh();
    void popUp(const QPoint& at);

    Binder& m_binder;
    QList<QAction*> m_actions; // in the order of the menu
    QAction *m_rename, *m_pin, *m_trash, *m_restore;
    QList<QAction*> m_moves;
    bool m_open = false;
};

} // namespace palimpsest
