#include "ui/history/history_commands.h"

#include <QAction>
#include <QMenu>

namespace palimpsest {

HistoryCommands::HistoryCommands(const Theme& theme, ProjectService& project, std::function<NodeId()> shown,
                                 QMenu& menu, QWidget& window)
    : QObject(&window),
      m_theme(theme),
      m_project(project),
      m_shown(std::move(shown)),
      m_window(window),
      m_history(project) {
    menu.addSeparator();
    QAction* history = menu.addAction(tr("&History…"), this, [this] { openHistory(m_shown()); });
    history->setShortcut(QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_H));
    QAction* snapshot = menu.addAction(tr("Take &snapshot…"), this, &HistoryCommands::takeSnapshot);
    snapshot->setShortcut(QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_S));
    // Looked at when the menu opens; in between both stay on for their keys, and do nothing where there is nothing.
    connect(&menu, &QMenu::aboutToShow, this, [this, history, snapshot] {
        history->setEnabled(m_shown() != 0);
        snapshot->setEnabled(m_project.isOpen());
    });
    connect(&menu, &QMenu::aboutToHide, this, [history, snapshot] {
        for (QAction* action : {history, snapshot}) action->setEnabled(true);
    });
    connect(&m_history, &History::said, this, [this](const QString& sentence) {
        if (!m_dialog || !m_dialog->isVisible()) Q_EMIT said(sentence);
    });
}

void HistoryCommands::openHistory(NodeId node) {
    if (node == 0) return;
    if (!m_dialog) m_dialog = new HistoryDialog(m_theme, m_project, m_history, &m_window);
    m_dialog->open(node);
}

void HistoryCommands::takeSnapshot() {
    if (!m_project.isOpen()) return;
    const NodeId node = m_shown();
    const Node* known = m_project.node(node);
    (new SnapshotDialog(m_history, known ? node : 0, known ? known->title : QString(), &m_window))->open();
}

} // namespace palimpsest
