// Links on words of the page: written and changed in a small dialog, opened by the system's browser or mail program.
//
// UI thread; one for each editor. Ctrl+click opens. Only http, https and mailto are ever written or opened.
#pragma once

#include "ui/annotations/annotations.h"
#include "ui/editor/scene_editor.h"

#include <QUrl>

namespace palimpsest {

// The address a writer means: "example.org" is https, "a@example.org" mailto. Empty when it is none we would open.
QUrl addressFrom(const QString& typed);

class Links : public QObject {
    Q_OBJECT
public:
    explicit Links(SceneEditor& editor, QObject* parent = nullptr); // which must outlive it

    void edit(); // of the selection, the link at the caret, or the word there; an empty address takes the link off
    void openAtCaret(); // -> said() when there is none

Q_SIGNALS:
    void said(const QString& sentence);

protected:
    bool eventFilter(QObject* watched, QEvent* event) override;

private:
    const Annotation* linkAt(const QPoint& point) const; // of the viewport
    void open(const QString& address);
    void store(const QTextCursor& words, const QString& typed);

    SceneEditor& m_editor;
};

} // namespace palimpsest
