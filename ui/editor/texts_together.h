// What an editor asks when the text it shows is one of several that are shown as one (continuous_text.h).
//
// UI thread.
#pragma once

#include <QTextCursor>
#include <functional>
#include <vector>

class QKeyEvent;
class QMouseEvent;

namespace palimpsest {

class TextsTogether {
public:
    virtual ~TextsTogether() = default;

    // Loaded and near what is in sight; the editor's own among them.
    virtual std::vector<QTextDocument*> documents() const = 0;
    // What is selected, in order, when that is in more than one text; else nothing.
    virtual std::vector<QTextCursor> selections() const = 0;

    // Before the editor acts on it; true: it is done.
    virtual bool takesKey(const QKeyEvent& event) = 0;
    virtual bool takesPress(const QMouseEvent& event) = 0;
    virtual void dragged(const QMouseEvent& event) = 0; // after the editor acted on it

    virtual QTextCursor caretAt(const QPointF& point) const = 0; // of the viewport; null where nothing is loaded
    virtual void enter(const QTextCursor& caret) = 0; // of one of the documents: the editor shows that one now
    // Enters the next text that is `wanted`, round the end if need be and the editor's own last, at its head, or its end
    // when going backwards. `then` follows, perhaps later, with whether it went round the end; also when there is none.
    virtual void goOn(bool backwards, std::function<bool(QTextDocument&)> wanted, std::function<void(bool)> then) = 0;
    virtual void loadAll(std::function<void()> then) = 0; // `then` perhaps before this returns
    virtual void selectAll() = 0;
    // False: some of what is selected is not loaded yet, and the writer was told.
    virtual bool isSelectionLoaded() = 0;
    // Takes all that is selected in several texts out of them, as one step for undo(), and puts the caret where it was.
    // False: it cannot be done now, and the writer was told why.
    virtual bool removeSelections() = 0;
    // The newest step of each of these documents is one from now on.
    virtual void joinSteps(const std::vector<QTextDocument*>& documents) = 0;
    virtual bool undo() = 0; // false: the newest step is the editor's own affair
    virtual bool redo() = 0;
};

} // namespace palimpsest
