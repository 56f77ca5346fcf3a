// A comment or the text of a footnote in the margin, which is written right there.
//
// UI thread; a child of the editor's viewport. What is written goes into the document when the keyboard rests or leaves,
// as one undo step for each stay; with nothing in it the comment or footnote goes. Escape or Ctrl+Return: back to the page.
#pragma once

#include "ui/annotations/annotations.h"
#include "ui/theme/theme.h"

#include <QFrame>
#include <QTextEdit>
#include <QTimer>

class QLabel;
class QToolButton;

namespace palimpsest {

class MarginCard : public QFrame {
    Q_OBJECT
public:
    static constexpr int kWidth = 216;
    static constexpr int kStoreDelayMs = 600; // after the last key

    // On words that nothing of the kind need hang on yet. `theme` must outlive the card.
    MarginCard(const Theme& theme, Carried kind, const QTextCursor& words, QWidget* parent);

    Carried kind() const { return m_kind; }
    const QTextCursor& words() const { return m_words; }
    QTextEdit& body() const { return *m_body; }
    bool isWritten() const { return m_body->hasFocus(); } // the keyboard is in it
    bool isFor(const Annotation& annotation) const;       // the kind, and words that overlap
    void show(const Annotation& annotation);              // what is being written stays
    void setCurrent(bool current);
    int neededHeight() const; // pixels, at kWidth
    void store();             // at once
    void remove();            // takes the comment or footnote off its words

Q_SIGNALS:
    void entered(); // got the keyboard
    void left();    // lost it; stored before
    void pageAsked();
    void heightChanged();

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;
    void paintEvent(QPaintEvent* event) override;

private:
    void describe(int number);

    const Theme& m_theme;
    Carried m_kind;
    QTextCursor m_words;
    QLabel* m_title;
    QToolButton* m_remove;
    QTextEdit* m_body;
    QTimer m_rest;
    QString m_stored;       // what hangs on the words, as far as known
    int m_ownRevision = -1; // of the document after this stay's last step; -1 = none yet
    bool m_showing = false; // show() puts text in
    bool m_current = false;
};

} // namespace palimpsest
