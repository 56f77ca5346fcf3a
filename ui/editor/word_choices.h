// What stood in a drafted word's place at other passes, under the word the mouse rests on, to be clicked.
//
// UI thread; a child of the editor's viewport. Takes no keyboard: the word's menu (A) offers the same. Goes when the mouse
// has been away from word and choices for a moment.
#pragma once

#include "ui/theme/theme.h"

#include <QFrame>
#include <QTimer>

class QLabel;
class QVBoxLayout;

namespace palimpsest {

class WordChoices : public QFrame {
    Q_OBJECT
public:
    static constexpr int kGraceMs = 300; // for the way from the word to its choices

    explicit WordChoices(const Theme& theme, QWidget* parent); // `theme` must outlive it

    // `about`: how the word would be read out; `word`: where it stands, in the parent.
    void offer(const QString& about, const QStringList& choices, const QRect& word);
    void leave(); // the mouse left the word: goes soon, unless it comes here

Q_SIGNALS:
    void chosen(const QString& word);

protected:
    void enterEvent(QEnterEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    const Theme& m_theme;
    QLabel* m_about;
    QVBoxLayout* m_choices;
    QTimer m_grace;
};

} // namespace palimpsest
