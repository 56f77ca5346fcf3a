// Where the words of the book came from, by scene and in all: typed, drafted, drafted and then edited, imported.
//
// UI thread; nothing waits: the texts are read by the project's worker.
#pragma once

#include "app/services/project_service.h"

#include <QDialog>

class QLabel;
class QTreeWidget;

namespace palimpsest {

class ProvenanceReportDialog : public QDialog {
    Q_OBJECT
public:
    ProvenanceReportDialog(ProjectService& project, QWidget* parent); // begins to count at once

    QString summary() const; // empty until counted
    QTreeWidget& table() const { return *m_table; }

Q_SIGNALS:
    void opened(qint64 node);

private:
    using Reports = std::vector<std::pair<NodeId, ProvenanceReport>>;
    void fill(const Reports& reports);
    void addRow(NodeId node, const QString& title, const ProvenanceReport& report, bool all);

    ProjectService& m_project;
    QLabel* m_summary;
    QTreeWidget* m_table;
};

// "4 % drafted, 11 % drafted then edited, of 12,000 words".
QString summaryOf(const ProvenanceReport& report);

} // namespace palimpsest
