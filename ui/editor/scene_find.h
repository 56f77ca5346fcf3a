// Finding and replacing in the scene the editor shows.
//
// UI thread. Hits are painted, never put into the document. Going to the next hit searches from the caret; the count
// follows edits in slices of a few milliseconds once the keyboard rests, so that no key waits for the whole scene. What
// a passage on the page hides is neither found nor replaced.
#pragma once

#include "app/document/text_search.h"
#include "ui/editor/scene_editor.h"

#include <QTimer>

namespace palimpsest {

class SceneFind : public QObject {
    Q_OBJECT
public:
    explicit SceneFind(SceneEditor& editor, QObject* parent = nullptr);

    // An empty pattern ends the search. A bad one is kept as such: nothing is found, problem() says why.
    void search(const SearchQuery& query);
    const SearchQuery& query() const { return m_query; }
    QString problem() const { return m_problem; } // one sentence; empty when there is none

    // The search is begun here again when the pattern changes; by default, where the caret is.
    void setOrigin(int position) { m_origin = position; }
    void goToFirst();          // hit from the origin on
    void goTo(bool backwards); // from the selection on, through the texts shown together, and round the end
    bool wrapped() const { return m_wrapped; }

    // False when the selection is no hit. One undo step; the words that come in are the writer's.
    bool replaceSelected(const Replacement& with);
    // In all texts shown together: one undo step for all. `done`, with how many, perhaps later.
    void replaceAll(const Replacement& with, std::function<void(int)> done);

    bool isCounted() const { return m_counted; }
    int count() const { return int(m_hits.size()); }
    int selectedNumber() const; // of the selected hit, from 1; 0 = the selection is none

Q_SIGNALS:
    void changed(); // count, problem or selected number

private:
    std::vector<Interval> hitsIn(const QTextBlock& block) const; // offsets in the block
    bool select(const QTextBlock& block, int from, bool backwards);
    bool selectFrom(int position, bool backwards);
    std::vector<SceneEditor::Change> replacements(const QTextDocument& document, const Replacement& with) const;
    void recount();
    void countOn();

    SceneEditor& m_editor;
    SearchQuery m_query;
    TextSearch m_search;
    mutable QString m_problem;
    std::vector<Interval> m_hits; // in the document, as far as counted
    QTextBlock m_next;            // to be counted
    QTimer m_rest, m_slice;
    int m_origin = 0;
    bool m_counted = true, m_wrapped = false;
};

} // namespace palimpsest
