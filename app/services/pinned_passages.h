// The passages the writer pinned in the texts of the open project, as they are on disk: every draft is given them.
//
// UI thread; nothing waits. Read anew when a text was saved or the tree changed, within moments.
#pragma once

#include "app/services/project_service.h"

namespace palimpsest {

class PinnedPassages : public QObject {
    Q_OBJECT
public:
    explicit PinnedPassages(ProjectService& project, QObject* parent = nullptr); // the project must outlive it

    const std::vector<PinnedPassage>& all() const { return m_all; } // outside the trash, by node and place
    // Calls `done` once all() is what was on disk at the time of this call; perhaps before it returns.
    void whenKnown(std::function<void()> done);

Q_SIGNALS:
    void changed();

private:
    void read();

    ProjectService& m_project;
    std::vector<PinnedPassage> m_all;
    std::vector<std::function<void()>> m_waiting;
    bool m_known = false;
    int m_asked = 0; // only the newest answer counts
};

} // namespace palimpsest
