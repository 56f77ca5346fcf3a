// The history of one scene or note: its versions at the left, the chosen one beside the text as it is at the right.
//
// UI thread. A window of its own that stays open while the writer goes on; it follows what is saved.
#pragma once

#include "app/services/history.h"
#include "ui/theme/theme.h"

#include <QDialog>

class QCheckBox;
class QLabel;
class QListWidget;
class QPushButton;

namespace palimpsest {

class DiffPage;

class HistoryDialog : public QDialog {
    Q_OBJECT
public:
    HistoryDialog(const Theme& theme, ProjectService& project, History& history, QWidget* parent = nullptr);

    void open(NodeId node);
    QListWidget& list() const { return *m_list; }
    DiffPage& page() const { return *m_page; }

private:
    QWidget* buildRight();
    QPushButton* addButton(const QString& text, void (HistoryDialog::*act)());
    void fillList();
    void showComparison();
    void refreshButtons();
    void nextChange();
    void previousChange();
    void restoreParagraph();
    void restoreText();
    void restoreProject();
    void undoRestore();
    QString titleOf(const Revision& revision) const;

    const Theme& m_theme;
    ProjectService& m_project;
    History& m_history;
    QListWidget* m_list;
    DiffPage* m_page;
    QLabel* m_said;
    QCheckBox* m_everything;
    QPushButton *m_next, *m_previous, *m_paragraph, *m_text, *m_whole, *m_undo;
};

// Asks for a name and what to keep under it.
class SnapshotDialog : public QDialog {
    Q_OBJECT
public:
    // `node` 0: no scene is open, the project is all there is to keep.
    SnapshotDialog(History& history, NodeId node, const QString& title, QWidget* parent = nullptr);
};

} // namespace palimpsest
