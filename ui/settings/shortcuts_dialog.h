// Every command with its keys, and new keys for the one chosen.
//
// UI thread. A clash with another command is said before it is made. What is set is in force and stored at once.
#pragma once

#include "ui/palette/commands.h"

#include <QDialog>
#include <functional>

class QKeySequenceEdit;
class QLabel;
class QLineEdit;
class QPushButton;
class QTreeWidget;
class QTreeWidgetItem;

namespace palimpsest {

class ShortcutsDialog : public QDialog {
    Q_OBJECT
public:
    ShortcutsDialog(Commands& commands, QWidget* parent); // `commands` must outlive it

private:
    QPushButton* addButton(const QString& text, std::function<void()> act);
    void fill();
    void filter(const QString& typed);
    void showKeys();
    void onChosen();
    void onKeys();
    const Command* chosen() const;

    Commands& m_commands;
    std::vector<Command> m_all; // by row
    QLineEdit* m_filter;
    QTreeWidget* m_tree;
    QKeySequenceEdit* m_keys;
    QLabel* m_says;
    QPushButton *m_set, *m_none, *m_usual, *m_allUsual, *m_close;
};

} // namespace palimpsest
