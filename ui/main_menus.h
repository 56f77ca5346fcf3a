// The menus of the window: every command has its place here and shows its shortcut.
//
// UI thread. Commands on the text, the binder and the passage are wired directly; what concerns the window as a whole
// is asked of it through signals.
#pragma once

#include "ui/drafting/drafting.h"
#include "ui/outline/binder_commands.h"

#include <QMainWindow>

class QAction;
class QMenu;

namespace palimpsest {

class MainMenus : public QObject {
    Q_OBJECT
public:
    MainMenus(QMainWindow& window, Theme& theme, SceneEditor& editor, Binder& binder, Drafting& drafting);

    void setRecent(const QStringList& paths);
    void setProjectOpen(bool open);
    QMenu* editMenu() const { return m_edit; } // for the commands that others add
    QMenu* viewMenu() const { return m_view; }
    QMenu* insertMenu() const { return m_insert; }
    QMenu* draftMenu() const { return m_draft; }
    QMenu* projectMenu() const { return m_projectMenu; }
    QAction* showBinder() const { return m_showBinder; }
    QAction* showPanel() const { return m_showPanel; }
    QAction* fullScreen() const { return m_fullScreen; }
    QAction* reduceMotion() const { return m_reduceMotion; }
    QAction* showProvenance() const { return m_showProvenance; }

Q_SIGNALS:
    void newAsked();
    void openAsked();
    void sampleAsked();
    void pathAsked(const QString& path);
    void saveAsked();
    void themeChosen();
    void findAsked(bool replacing);
    void nextHitAsked(bool backwards);
    void findInProjectAsked(bool replacing);
    void reportAsked();
    void splitAsked();
    void aboutAsked();
    void paletteAsked();
    void shortcutsAsked();

private:
    QAction* add(QMenu* menu, const char* id, const QString& text, const QKeySequence& keys, std::function<void()> act);
    void buildFile();
    void buildEdit();
    void buildView();
    void buildInsertAndFormat();
    void buildDraft();
    void buildProject();
    void refreshDraft();

    QMainWindow& m_window;
    Theme& m_theme;
    SceneEditor& m_editor;
    Binder& m_binder;
    BinderCommands& m_binderCommands; // the binder's child
    Drafting& m_drafting;
    QMenu *m_edit = nullptr, *m_view = nullptr, *m_recent = nullptr;
    QMenu *m_insert = nullptr, *m_draft = nullptr, *m_projectMenu = nullptr;
    QAction *m_showBinder, *m_showPanel, *m_fullScreen, *m_reduceMotion, *m_showProvenance;
    QAction *m_stop, *m_accept, *m_another, *m_moveTheRest, *m_branch, *m_discard, *m_goTo, *m_lock, *m_useModel,
        *m_weakest, *m_compare;
    QList<QAction*> m_starts; // of drafts
    QList<QAction*> m_needProject;
};

} // namespace palimpsest
