// The editor of one scene at a time: a page with the writer's text, and the rules of where words come from. Several that
// are shown as one: continuous_text.h.
//
// UI thread. Shows a QTextDocument whose layout is a PageLayout; keeps no text itself. What the writer does through
// keyboard, clipboard and mouse is Typed text; the sentence of a draft that is changed so becomes Edited, in the same
// undo step (app/document/provenance.h).
#pragma once

#include "app/document/scene_text.h"
#include "ui/editor/page_layout.h"

#include <QTextEdit>

class QMenu;

namespace palimpsest {

class TextsTogether;

class SceneEditor : public QTextEdit {
    Q_OBJECT
public:
    explicit SceneEditor(QWidget* parent = nullptr);

    // The document must have a PageLayout, forget its changed blocks (scene_document.h), and outlive its being shown;
    // null shows nothing.
    void showDocument(QTextDocument* document);
    PageLayout* pageLayout() const;
    void setTogether(TextsTogether* together) { m_together = together; } // null: one text alone
    TextsTogether* together() const { return m_together; }
    std::vector<QTextDocument*> documents() const; // on the page, as far as loaded
    bool shows(const QTextDocument* document) const;
    void goTo(const QTextCursor& place); // in one of them: the caret goes there, or the selection, and is seen
    void setMarginRoom(qreal pixels);    // PageLayout's, of all of them
    void setDesk(const QColor& colour);  // what the page lies on

    // Replaces [begin, end) with text from a draft: one undo step. The caret goes behind it.
    void insertDraft(int begin, int end, const SceneText& text);

    // A range of the document and what takes its place.
    struct Change {
        int begin = 0, end = 0;
        QString text; // no line breaks
    };
    // In order, not overlapping: one undo step. The words are Typed, with the marks of what they replace.
    void replaceAsWriter(const std::vector<Change>& changes);
    static void replaceIn(QTextDocument& document, const std::vector<Change>& changes, QTextCursor caret = {});

    // Quotes, dashes and ellipses as in this language ("en_US"), each an undo step of its own; empty: as typed.
    void setSmartPunctuation(const QString& language) { m_punctuation = language; }

    // Adds to what is painted with the text of a block; must be usable as long as the editor.
    using Marker = std::function<void(const QTextBlock&, PageMarks&)>;
    void addMarker(Marker marker) { m_markers.push_back(std::move(marker)); }
    MarksOf marks() const; // of all markers

    // Takes the selected words out of their document, as the writer does it: one undo step.
    static void removeAsWriter(QTextCursor words);

    void toggleBold();
    void toggleItalic();
    void toggleUnderline();
    void toggleStrike();
    void setBlockKind(BlockKind kind, int level);
    void toggleList(BlockKind kind); // Bullet or Numbered
    void deepenList(int by);         // levels; what is no list item stays
    void insertSceneBreak();
    void cutSelection();
    void copySelection();
    void selectWhole(); // of all texts shown together
    void undoEdit();
    void redoEdit();

Q_SIGNALS:
    void edited();                                   // the text changed, by whatever hand
    void documentShown();                            // another document, or none
    void menuAboutToShow(QMenu* menu, int position); // for the text at `position`: to add to it

protected:
    void keyPressEvent(QKeyEvent* event) override;
    void inputMethodEvent(QInputMethodEvent* event) override;
    void contextMenuEvent(QContextMenuEvent* event) override;
    QMimeData* createMimeDataFromSelection() const override;
    bool canInsertFromMimeData(const QMimeData* source) const override;
    void insertFromMimeData(const QMimeData* source) override;
    void dropEvent(QDropEvent* event) override;
    void resizeEvent(QResizeEvent* event) override;
    void mousePressEvent(QMouseEvent* event) override;
    void mouseMoveEvent(QMouseEvent* event) override;
    bool focusNextPrevChild(bool next) override;

private:
    void asWriter(const std::function<void()>& action);
    void typeAsWriter(const QString& typed);
    void smarten();
    void onCaretMoved();
    bool selectsSeveral() const;
    bool removeSeveral();                                                // false: refused
    void forSelections(const std::function<void(QTextCursor&)>& action); // the editor's own, or those of several texts
    bool takesBlockKey(const QKeyEvent& event);
    void newBlock(QKeyEvent& event);
    void updateCentre();
    void mergeFormat(const QTextCharFormat& format);

    QMetaObject::Connection m_changed;
    std::vector<Marker> m_markers;
    TextsTogether* m_together = nullptr;
    QString m_punctuation; // the language of smart punctuation; empty = off
    QTextDocument m_empty;
    bool m_writing = false; // asWriter() runs
    int m_caret = 0;        // where it was before it moved
};

} // namespace palimpsest
