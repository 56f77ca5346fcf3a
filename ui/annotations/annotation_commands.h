// The commands on comments, footnotes, links and pins: in the menus, in the page's context menu, under keys.
//
// UI thread; the editor and the menus must outlive it.
#pragma once

#include "ui/annotations/links.h"
#include "ui/annotations/margin.h"

class QMenu;

namespace palimpsest {

class AnnotationCommands : public QObject {
    Q_OBJECT
public:
    struct Menus {
        QMenu &edit, &insert, &draft;
    };
    AnnotationCommands(const Theme& theme, SceneEditor& editor, const Menus& menus, QObject* parent = nullptr);

    Margin& margin() const { return *m_margin; }
    void showList();
    void togglePin(); // of the selection, or the pinned passage or sentence at the caret

Q_SIGNALS:
    void said(const QString& sentence);

private:
    QAction* add(QMenu& menu, const char* id, const QString& text, const QKeySequence& keys, std::function<void()> act);
    void fillContextMenu(QMenu& menu, int position);

    SceneEditor& m_editor;
    Margin* m_margin;
    Links* m_links;
    QAction *m_comment, *m_footnote, *m_link, *m_openLink, *m_pin;
};

} // namespace palimpsest
