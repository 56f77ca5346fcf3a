// The page, and beside it or under it another scene or note to look at: two halves, of which the one written in is always
// the page itself.
//
// UI thread. A click into the other half, or the key for it, makes the page move there and open what it shows, and the
// other half show what the page showed: so drafting, finding, spelling and all else work in whichever half the writer
// is. The other half shows a mirror of its text, so that both may show the same one, each at its own place.
#pragma once

#include "app/services/project_service.h"
#include "ui/theme/theme.h"

#include <QSplitter>

class QLabel;

namespace palimpsest {

class SceneEditor;
class SceneShelf;

class SplitPage : public QSplitter {
    Q_OBJECT
public:
    // All must outlive it; `page` becomes its child.
    SplitPage(const Theme& theme, ProjectService& project, SceneShelf& shelf, QWidget* page, QWidget* parent);

    NodeId other() const { return m_node; } // what the other half shows; 0: there is none
    // Opens or changes the other half; 0 closes it. At this height; by default where the text was last read.
    void showBeside(NodeId node, int scroll = -1);
    // Moves the page to the other half's place; the other half is empty then, until showBeside(). What it showed keeps its
    // scroll position, and has its caret at `position`, if not negative.
    void exchange(int position);
    void setStacked(bool stacked); // one above the other
    SceneEditor& view() const { return *m_view; }

Q_SIGNALS:
    void entered(qint64 node, int position); // the writer wants to write in the other half
    void closed();                           // by the writer, or because its text is in the trash

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void onNodesChanged();

    ProjectService& m_project;
    SceneShelf& m_shelf;
    QWidget* m_page;
    QWidget* m_half;
    QLabel* m_title;
    SceneEditor* m_view;
    NodeId m_node = 0;
};

} // namespace palimpsest
