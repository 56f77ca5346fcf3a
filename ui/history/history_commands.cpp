#include "ui/history/history_commands.h"

#include <QAction>
#include <QLocale>
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
    history->setObjectName("history");
    history->setShortcut(QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_H));
    QAction* snapshot = menu.addAction(tr("Take &snapshot…"), this, &HistoryCommands::takeSnapshot);
    snapshot->setObjectName("take_snapshot");
    snapshot->setShortcut(QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_S));
    // Looked at when the menu opens; in between both stay on for their keys, and do nothing where there is nothing.
    connect(&menu, &QMenu::aboutToShow, this, [this, history, snapshot] {
        history->setEnabled(m_shown() != 0);
        snapshot->setEnabled(m_project.isOpen());
    });
    connect(&menu, &QMenu::aboutToHide, this, [history, snapshot] {
        for (QAction* action : {history, snapshot}) action->setEnabled(true);
    });
    connect(&project, &ProjectService::rescuedFound, this, &HistoryCommands::offerRescued);
    connect(&project, &ProjectService::newerBackupFound, this, &HistoryCommands::offerBackup);
    connect(&m_history, &History::said, this, [this](const QString& sentence) {
        if (!m_dialog || !m_dialog->isVisible()) Q_EMIT said(sentence);
    });
}

void HistoryCommands::offerRescued(NodeId node) {
    const Node* known = m_project.node(node);
    if (!known) return;
    Q_EMIT offered(tr("Words of “%1” that could not be saved last time are in its history.").arg(known->title),
                   tr("Compare…"), [this, node] { openHistory(node); });
}

void HistoryCommands::offerBackup(const QDateTime& made) {
    const QString when = QLocale().toString(made.toLocalTime(), QLocale::ShortFormat);
    Q_EMIT offered(tr("This file is older than its backup of %1.").arg(when), tr("Compare…"),
                   [this, name = tr("Backup of %1").arg(when)] { takeOverBackup(name); });
}

void HistoryCommands::takeOverBackup(const QString& name) {
    using Taken = std::pair<ProjectChange, NodeId>; // and a node whose text differs
    m_project.ask<Taken>(
        this,
        [name](ProjectStore& store) -> Result<Taken> {
            auto change = store.takeOverNewerBackup(name);
            if (!change) return change.error();
            const auto snapshots = store.snapshots();
            if (!snapshots || snapshots->empty()) return Taken{std::move(*change), 0};
            const auto revisions = store.snapshotRevisions(snapshots->front().id);
            const bool any = revisions && !revisions->empty();
            return Taken{std::move(*change), any ? revisions->front().node : 0};
        },
        [this, name](Result<Taken> taken) {
            if (!taken) return said(QString::fromStdString(taken.error().message));
            if (taken->second != 0) openHistory(taken->second);
            if (!taken->first.steps.empty()) m_project.apply(std::move(taken->first));
            Q_EMIT said(
                tr("“%1” is in the history of every scene it differs in; scenes that only it had are back.").arg(name));
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
