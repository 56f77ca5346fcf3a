// Keeping to the place written at: all but the sentence or paragraph at the caret is dimmed, and the row of the caret
// keeps its height in the window (typewriter scrolling).
//
// UI thread. Both only paint and scroll; per key the work is bounded by the paragraph. A click never scrolls.
#pragma once

#include "ui/editor/scene_editor.h"

namespace palimpsest {

enum class FocusOn { Everything, Sentence, Paragraph }; // values are in the settings

class PageFocus : public QObject {
    Q_OBJECT
public:
    explicit PageFocus(SceneEditor& editor, QObject* parent = nullptr);

    void setFocusOn(FocusOn what);
    void setTypewriter(bool on);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override; // the viewport's size

private:
    Interval litNow() const; // in the document
    void onCaretMoved();
    void makeRoom();
    void keepRow();

    SceneEditor& m_editor;
    FocusOn m_focusOn = FocusOn::Everything;
    bool m_typewriter = false;
    Interval m_lit;
};

} // namespace palimpsest
