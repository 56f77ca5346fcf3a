// Misspelt words of the scene the editor shows: lines painted under them, suggestions when asked, the way to the next.
//
// UI thread; nothing waits. Only paragraphs that are painted are checked, and those on the way to the next misspelt
// word; until the answer comes an edited paragraph keeps the lines of its words that did not change. The word being
// typed is not judged before the caret leaves it.
#pragma once

#include "app/services/spelling.h"
#include "ui/editor/scene_editor.h"

#include <QCache>
#include <QHash>
#include <QMenu>
#include <QPointer>
#include <QSet>

namespace palimpsest {

class SceneSpelling : public QObject {
    Q_OBJECT
public:
    // Both must outlive it.
    SceneSpelling(SceneEditor& editor, Spelling& spelling, QObject* parent = nullptr);

    void goToNext(); // selects the next misspelt word behind the selection, round the end; -> said() when there is none
    void openMenu(); // of suggestions for the word at the caret
    bool isMisspelt(int position) const; // of the document, as far as known

Q_SIGNALS:
    void wordAdded(const QString& word); // to the project's words
    void said(const QString& sentence);

private:
    using Place = std::pair<const QTextDocument*, int>; // a block, by its number
    struct Known {
        QString text;
        Spelling::Words words;
    };

    Spelling::Words wordsOf(const QTextBlock& block);
    void request(const QTextBlock& block);
    void repaint(const QTextBlock& block);
    void look(int blockNumber, int from, int blocksLeft);
    void addTo(QMenu& menu, int position);
    void offer(QMenu& menu, QAction* before, Interval word, const QStringList& suggestions);
    std::optional<Interval> misspeltAt(int position) const; // in the document
    void forget();

    SceneEditor& m_editor;
    Spelling& m_spelling;
    QCache<QString, Spelling::Words> m_checked; // by paragraph; cost in characters
    QHash<Place, Known> m_last;                 // what was painted, of perhaps another text
    QSet<Place> m_asked;                        // under way
    int m_typedAt = -1;                         // where the caret was after the last edit
    int m_search = 0;                           // counts them: a later one ends those before
};

} // namespace palimpsest
