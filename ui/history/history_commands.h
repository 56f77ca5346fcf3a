// "History…" and "Take Snapshot…" for the Project menu, and the windows behind them.
//
// UI thread; a child of the window.
#pragma once

#include "ui/history/history_dialog.h"

#include <functional>

class QAction;
class QMenu;

namespace palimpsest {

class HistoryCommands : public QObject {
    Q_OBJECT
public:
    // `shown`: the node on the page, 0 when there is none.
    HistoryCommands(const Theme& theme, ProjectService& project, std::function<NodeId()> shown, QMenu& menu,
                    QWidget& window);

    void openHistory(NodeId node);
    void takeSnapshot();
    HistoryDialog* dialog() const { return m_dialog; } // null until it was opened once

Q_SIGNALS:
    void said(const QString& sentence);
    // What was found when the project was opened: shown as a quiet bar, done when the writer asks for it.
    void offered(const QString& sentence, const QString& action, const std::function<void()>& act);

private:
    void offerRescued(NodeId node);
    void offerBackup(const QDateTime& made);
    void takeOverBackup(const QString& name);

    const Theme& m_theme;
    ProjectService& m_project;
    std::function<NodeId()> m_shown;
    QWidget& m_window;
    History m_history;
    HistoryDialog* m_dialog = nullptr; // the window's
};

} // namespace palimpsest
