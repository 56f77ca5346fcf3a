// Completes @tags while they are typed on the page: a short list under the word, of what notes are called.
//
// UI thread. The keyboard stays with the page: Down and Up choose, Return or Tab take, Escape closes. Work per key is
// bounded by the paragraph and the number of tags.
#pragma once

#include "app/services/note_index.h"
#include "ui/editor/scene_editor.h"

class QListWidget;

namespace palimpsest {

class TagCompleter : public QObject {
    Q_OBJECT
public:
    // Both must outlive it; it is the editor's child.
    TagCompleter(const NoteIndex& notes, SceneEditor& editor);

    QListWidget& list() const { return *m_list; }

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    void refresh();
    void place();
    bool onKey(int key);
    void take(int row);

    const NoteIndex& m_notes;
    SceneEditor& m_editor;
    QListWidget* m_list;
    bool m_typed = false; // the caret is about to move because of a key that changes the text
};

} // namespace palimpsest
