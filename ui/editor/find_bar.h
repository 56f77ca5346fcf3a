// The bar under the page in which the writer finds and replaces within the scene.
//
// UI thread. Return goes to the next hit, Shift+Return to the one before, Escape goes back to the page.
#pragma once

#include "ui/editor/scene_find.h"
#include "ui/theme/theme.h"

#include <QFrame>

class QLabel;
class QPushButton;

namespace palimpsest {

class CloseButton;
class SearchTerms;

class FindBar : public QFrame {
    Q_OBJECT
public:
    FindBar(const Theme& theme, SceneEditor& editor, QWidget* parent = nullptr); // hidden

    void open(bool replacing); // with the words selected on the page, when they are of one paragraph
    void close();
    void goTo(bool backwards); // opens the bar when there is nothing to go to
    SceneFind& find() { return m_find; }

protected:
    void keyPressEvent(QKeyEvent* event) override;
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    QPushButton* addButton(const QString& text, const QString& tip, void (FindBar::*act)());
    void arrange();
    void search();
    void replace();
    void replaceAll();
    void next() { goTo(false); }
    void previous() { goTo(true); }
    void say(const QString& words);
    void refresh();

    SceneEditor& m_editor;
    SceneFind m_find;
    SearchTerms* m_terms;
    CloseButton* m_close;
    QPushButton *m_next, *m_previous, *m_replace, *m_replaceAll;
    QLabel* m_state;
};

} // namespace palimpsest
