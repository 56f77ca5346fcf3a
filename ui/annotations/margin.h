// The margin of the page: comments and footnotes beside the words they hang on.
//
// UI thread; one for each editor, for all the texts on its page. Room for the cards is made right of the column when there
// are any; where the window
// is too narrow for that a marker stands there, which opens its card. A card stands at the height of its words, or under
// the one before; the one the writer is at pushes the others away. An edit or a scroll costs a step for every card in
// sight and for every annotation of the scene.
#pragma once

#include "ui/annotations/margin_card.h"
#include "ui/editor/scene_editor.h"

#include <QPointer>
#include <QToolButton>

namespace palimpsest {

class Margin : public QObject {
    Q_OBJECT
public:
    // Both must outlive it.
    Margin(const Theme& theme, SceneEditor& editor, QObject* parent = nullptr);

    // A comment or footnote on the selected words, or on the word at the caret; or the one that hangs there already.
    void write(Carried kind);
    void goToNext(bool backwards); // comment: the caret goes to its words, and its card is shown
    void goTo(const Annotation& annotation);
    std::vector<MarginCard*> cards() const { return m_cards; }
    std::vector<QToolButton*> markers() const { return m_markers; }

Q_SIGNALS:
    void said(const QString& sentence);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override; // the viewport's size

private:
    void onDocumentShown();
    void onCaretMoved();
    void mark(const QTextBlock& block, PageMarks& marks) const;
    struct Shown {
        QTextDocument* document = nullptr;
        const Annotation* annotation = nullptr;
    };
    bool isCurrent(const Shown& shown) const;
    void place();
    void matchCards(const std::vector<Shown>& shown);
    void stack();
    void placeMarkers(const std::vector<Shown>& shown);
    QToolButton* addMarker();
    MarginCard* cardFor(const Shown& shown) const;
    MarginCard* add(Carried kind, const QTextCursor& words);
    void drop(MarginCard* card);
    void open(const Shown& shown);
    static qreal rowOf(const QTextDocument& document, int position);

    const Theme& m_theme;
    SceneEditor& m_editor;
    QPointer<QTextDocument> m_document; // the editor's own
    std::vector<MarginCard*> m_cards;   // in sight, by place
    std::vector<QToolButton*> m_markers;
    MarginCard* m_writing = nullptr; // has the keyboard, or is about to
    int m_currentBegin = -1;         // of the annotation at the caret
    bool m_wide = false;
    QTimer m_soon;
};

} // namespace palimpsest
