// The controls of the passage on the page: stop, scrub, accept, another, move the rest, branch, discard.
//
// UI thread; a child of the editor's viewport. Shows the session; every button asks, the owner acts. Where the column is
// too narrow for all buttons, the two that are needed least go into a menu.
#pragma once

#include "app/services/draft_session.h"
#include "ui/theme/theme.h"

#include <QFrame>

class QLabel;
class QPushButton;
class QToolButton;

namespace palimpsest {

class TrackSlider;

class PassageStrip : public QFrame {
    Q_OBJECT
public:
    PassageStrip(const Theme& theme, DraftSession& session, QWidget* parent);

    void refresh(); // the session changed

Q_SIGNALS:
    void acceptAsked();
    void anotherAsked();
    void moveTheRestAsked();
    void moveTheWeakestAsked();
    void branchAsked();
    void discardAsked();

protected:
    void resizeEvent(QResizeEvent* event) override;

private:
    QPushButton* button(const QString& text, const QString& tip, const char* look, void (PassageStrip::*asked)());
    QString progress() const;
    void popUpMore();

    DraftSession& m_session;
    QToolButton* m_stop;
    TrackSlider* m_scrub;
    QLabel* m_progress;
    QPushButton *m_accept, *m_another, *m_moveTheRest, *m_branch, *m_discard, *m_more;
};

} // namespace palimpsest
