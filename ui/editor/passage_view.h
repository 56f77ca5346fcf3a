// The words of a passage, painted over the place the page layout keeps for them, with mouse, keyboard and a voice.
//
// UI thread; a child of the editor's viewport. A screen reader is told that the passage begins to form and what has
// formed, and not every pass; of a word, when the keyboard comes to it. A word the mouse rests on says so. Click or Space locks and frees a word, the arrow keys walk words, Return
// accepts, Escape goes back to the page.
#pragma once

#include "ui/editor/passage_flow.h"
#include "ui/theme/theme.h"

#include <QTimer>
#include <QVariantAnimation>
#include <QWidget>

namespace palimpsest {

class PassageView : public QWidget {
    Q_OBJECT
public:
    static constexpr int kMargin = 26;  // of the widget beyond the column, on both sides: the bar stands there
    static constexpr int kFadeMs = 140; // a word that changed comes up
    static constexpr int kRestMs = 350; // the mouse rests on a word

    // Both must outlive the view.
    PassageView(const Theme& theme, const PassageFlow& flow, QWidget* parent);

    // The flow was laid out again: takes its size and shows it, its column beginning at `origin` in the parent.
    void place(QPoint origin, int columnWidth, bool rightToLeft);
    void wordsChanged(); // the flow has other words than before

    int focusedWord() const { return m_focused; } // index into the flow's words; -1 = none
    void toggleFocusedWord();
    QRect rectOf(int word) const; // its first piece, in this widget
    // The word under a point of this widget; -1 = none.
    int wordAt(const QPointF& point) const;

Q_SIGNALS:
    void tokenToggled(int token);
    void menuAsked(int token, const QPoint& globalPosition); // what can be done about a word
    void rested(int word);                                   // the mouse, on an index into the flow's words
    void wordLeft();
    void acceptAsked();
    void pageAsked();

protected:
    void paintEvent(QPaintEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    void keyPressEvent(QKeyEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    void leaveEvent(QEvent* event) override;
    void focusInEvent(QFocusEvent* event) override;
    bool event(QEvent* event) override;

private:
    void paintPiece(QPainter& painter, const PassageFlow::Piece& piece) const;
    void focusWord(int word);
    void focusRow(int direction);
    void askForMenu(int word, const QPoint& globalPosition);
    void hover(int word);
    QString state() const;
    void describe();

    const Theme& m_theme;
    const PassageFlow& m_flow;
    QVariantAnimation m_fade;
    QStringList m_shown;           // words as they were at the last step
    std::vector<bool> m_isChanged; // by word
    int m_focused = -1;
    int m_hovered = -1;
    bool m_moves = false; // some word is not decided yet
    QTimer m_rest;
};

} // namespace palimpsest
