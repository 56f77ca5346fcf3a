// The versions of one node's text beside the text as it is, and what the writer brings back of them.
//
// UI thread; never waits. Comparing runs on a thread of the pool: two long chapters that have nothing in common take a
// while. Restoring is a change of the project like any other: kept in the history, undone by ProjectService.
#pragma once

#include "app/document/text_diff.h"
#include "app/services/project_service.h"

#include <QTimer>

namespace palimpsest {

class History : public QObject {
    Q_OBJECT
public:
    struct Comparison {
        Revision revision;
        SceneText before, now;
        std::vector<DiffRow> rows;
        int changes() const; // rows that are not the same
    };

    explicit History(ProjectService& project, QObject* parent = nullptr);

    NodeId node() const { return m_node; }
    void show(NodeId node);                                              // -> versionsChanged(), of none until then
    const std::vector<Revision>& versions() const { return m_versions; } // newest first

    // -> compared(). A newer one takes the place of one under way; again by itself whenever the text is saved.
    void compare(qint64 revision);
    const Comparison& comparison() const { return m_comparison; } // revision.id 0: none

    void restoreRow(std::size_t row); // of the comparison: its paragraph alone
    void restoreText();               // all of it
    // Everything in the snapshot that the version is part of. Nothing when it is part of none of the whole project.
    void restoreProject();
    bool isOfWholeProject(const Revision& revision) const;

    // Of `node`, or of the whole project when it is 0. -> versionsChanged(), when it is of what is shown
    void takeSnapshot(const QString& name, NodeId node);

Q_SIGNALS:
    void versionsChanged();
    void compared();
    void said(const QString& sentence); // what was done, or why it was not

private:
    void loadVersions();
    void compareAgain();
    void restore(SceneText text, const QString& sentence);

    ProjectService& m_project;
    NodeId m_node = 0;
    std::vector<Revision> m_versions;
    std::vector<Snapshot> m_snapshots;
    Revision m_wanted;
    Comparison m_comparison;
    int m_asked = 0; // counts comparisons: the answer to an older one is dropped
    QTimer m_again;
};

} // namespace palimpsest
