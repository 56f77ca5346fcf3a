#include "ui/editor/scene_editor.h"

#include "app/document/provenance.h"
#include "ui/annotations/carried.h"
#include "ui/editor/scene_document.h"
#include "ui/editor/smart_punctuation.h"
#include "ui/editor/texts_together.h"

#include <QApplication>
#include <QContextMenuEvent>
#include <QKeyEvent>
#include <QMenu>
#include <QScopedValueRollback>

namespace palimpsest {
namespace {

struct DraftedRange {
    int begin = 0, end = 0;
};

bool isDrafted(const QTextDocument& document, int position) {
    if (position < 0) return false;
    const QTextBlock block = document.findBlock(position);
    for (auto it = block.begin(); !it.atEnd(); ++it)
        if (it.fragment().contains(position)) return provenanceOf(it.fragment().charFormat()) == Provenance::Drafted;
    return false;
}

// The sentence of a draft in which [begin, end) was just put in, or something taken out, is Edited from now on.
void markEdited(QTextDocument& document, int begin, int end) {
    const QTextBlock block = document.findBlock(begin);
    if (document.findBlock(end) != block) return; // a new paragraph changes no sentence
    refreshBlocks(document, begin, end - begin);
    const std::optional<Interval> sentence = editedSentence(readBlock(block), begin - block.position(), end - begin);
    if (!sentence) return;
    std::vector<DraftedRange> drafted; // first found, then changed: changing them splits fragments
    for (auto it = block.begin(); !it.atEnd(); ++it) {
        const QTextFragment fragment = it.fragment();
        if (provenanceOf(fragment.charFormat()) != Provenance::Drafted) continue;
        const int from = std::max(fragment.position(), block.position() + int(sentence->begin));
        const int to = std::min(fragment.position() + fragment.length(), block.position() + int(sentence->end));
        if (from < to) drafted.push_back({from, to});
    }
    QTextCharFormat edited;
    edited.setProperty(kProvenanceProperty, int(Provenance::Edited));
    for (const DraftedRange& range : drafted) selected(&document, range.begin, range.end).mergeCharFormat(edited);
}

bool takesTextOut(const QKeyEvent& event) {
    return event.key() == Qt::Key_Backspace || event.key() == Qt::Key_Delete ||
           (event.modifiers() & Qt::ControlModifier && (event.key() == Qt::Key_X || event.key() == Qt::Key_V)) ||
           (event.modifiers() & Qt::ShiftModifier && event.key() == Qt::Key_Insert);
}

bool putsTextIn(const QKeyEvent& event) {
    return !event.text().isEmpty() && (event.text().front().isPrint() || event.key() == Qt::Key_Return ||
                                       event.key() == Qt::Key_Enter || event.key() == Qt::Key_Tab);
}

} // namespace

SceneEditor::SceneEditor(QWidget* parent) : QTextEdit(parent) {
    m_empty.setDocumentLayout(new PageLayout(&m_empty));
    setObjectName("page");
    setFrameShape(QFrame::NoFrame);
    setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    setTabChangesFocus(true);
    setCursorWidth(2);
    setDocument(&m_empty);
    setEnabled(false);
    connect(this, &QTextEdit::cursorPositionChanged, this, &SceneEditor::onCaretMoved);
}

void SceneEditor::showDocument(QTextDocument* shown) {
    disconnect(m_changed);
    if (PageLayout* before = pageLayout()) before->setMarks(nullptr);
    setDocument(shown ? shown : &m_empty);
    setEnabled(shown);
    m_caret = textCursor().position();
    updateCentre();
    pageLayout()->setMarks(marks());
    if (shown) m_changed = connect(shown, &QTextDocument::contentsChanged, this, &SceneEditor::edited);
    Q_EMIT undoAvailable(document()->isUndoAvailable()); // Qt tells of changes in a document only
    Q_EMIT redoAvailable(document()->isRedoAvailable());
    Q_EMIT copyAvailable(textCursor().hasSelection());
    Q_EMIT documentShown();
}

MarksOf SceneEditor::marks() const {
    return [this](const QTextBlock& block) {
        PageMarks marks;
        for (const Marker& marker : m_markers) marker(block, marks);
        return marks;
    };
}

std::vector<QTextDocument*> SceneEditor::documents() const {
    return m_together ? m_together->documents() : std::vector{document()};
}

bool SceneEditor::shows(const QTextDocument* shown) const {
    const std::vector<QTextDocument*> all = documents();
    return std::find(all.begin(), all.end(), shown) != all.end();
}

void SceneEditor::goTo(const QTextCursor& place) {
    if (place.document() != document() && m_together) m_together->enter(place);
    if (place.document() != document()) return;
    setTextCursor(place);
    ensureCursorVisible();
}

void SceneEditor::setMarginRoom(qreal pixels) {
    for (QTextDocument* each : documents()) PageLayout::of(*each).setMarginRoom(pixels);
}

PageLayout* SceneEditor::pageLayout() const {
    return &PageLayout::of(*document());
}

void SceneEditor::setDesk(const QColor& colour) {
    QPalette palette = QApplication::palette();
    palette.setColor(QPalette::Base, colour);
    setPalette(palette);
}

// The page stays in the middle of the editor, whether a scroll bar takes room or not.
void SceneEditor::updateCentre() {
    for (QTextDocument* each : documents()) PageLayout::of(*each).setCentre(width() / 2.0);
}

void SceneEditor::resizeEvent(QResizeEvent* event) {
    updateCentre();
    QTextEdit::resizeEvent(event);
}

void SceneEditor::insertDraft(int begin, int end, const SceneText& text) {
    QTextCursor cursor = selected(document(), begin, end);
    SceneText inserted = text;
    keepCarried(inserted, readSelection(cursor));
    carry(inserted, carriedAround(cursor));
    insertSceneText(cursor, inserted);
    setTextCursor(cursor);
}

void SceneEditor::replaceAsWriter(const std::vector<Change>& changes) {
    replaceIn(*document(), changes, textCursor()); // where undoing puts the caret
}

void SceneEditor::replaceIn(QTextDocument& document, const std::vector<Change>& changes, QTextCursor caret) {
    if (changes.empty()) return;
    QTextCursor step = caret.isNull() ? QTextCursor(&document) : caret;
    step.beginEditBlock();
    for (auto change = changes.rbegin(); change != changes.rend(); ++change) { // from the end: positions hold
        QTextCursor cursor(&document);
        cursor.setPosition(change->begin + 1);
        const QTextCharFormat format = withoutProvenance(cursor.charFormat());
        const bool inDraft = isDrafted(document, change->begin - 1) && isDrafted(document, change->end);
        cursor.setPosition(change->begin);
        cursor.setPosition(change->end, QTextCursor::KeepAnchor);
        cursor.insertText(change->text, format);
        if (inDraft) markEdited(document, change->begin, change->begin + int(change->text.size()));
    }
    step.endEditBlock();
}

// Runs what the writer does. Inside drafted words it is one undo step with what it does to their provenance; anywhere
// else keys join into steps as Qt joins them.
void SceneEditor::asWriter(const std::function<void()>& action) {
    const int begin = textCursor().selectionStart(), end = textCursor().selectionEnd();
    if (m_writing || !isDrafted(*document(), begin - 1) || !isDrafted(*document(), end)) return action();
    const QScopedValueRollback<bool> writing(m_writing, true);
    QTextCursor step = textCursor(); // where undoing puts the caret
    step.beginEditBlock();
    action();
    const int caret = textCursor().position();
    markEdited(*document(), std::min(begin, caret), std::max(begin, caret));
    step.endEditBlock();
}

void SceneEditor::removeAsWriter(QTextCursor words) {
    QTextDocument& document = *words.document();
    const int begin = words.selectionStart();
    const bool inDraft = isDrafted(document, begin - 1) && isDrafted(document, words.selectionEnd());
    words.beginEditBlock();
    words.removeSelectedText();
    if (inDraft) markEdited(document, begin, begin);
    words.endEditBlock();
}

bool SceneEditor::selectsSeveral() const {
    return m_together && !m_together->selections().empty();
}

bool SceneEditor::removeSeveral() {
    return m_together->removeSelections();
}

// Each is one undo step, and those of several texts are one together.
void SceneEditor::forSelections(const std::function<void(QTextCursor&)>& action) {
    std::vector<QTextCursor> several = m_together ? m_together->selections() : std::vector<QTextCursor>();
    std::vector<QTextDocument*> changed;
    for (QTextCursor& words : several) {
        changed.push_back(words.document());
        action(words);
    }
    if (!several.empty()) return m_together->joinSteps(changed);
    QTextCursor own = textCursor();
    action(own);
}

// What is typed next must not look like the draft beside it, nor hang on a comment that ends there.
void SceneEditor::typeAsWriter(const QString& typed) {
    QTextCursor cursor = textCursor();
    const QTextCharFormat carried = carriedFor(cursor, typed);
    cursor.removeSelectedText();
    setTextCursor(cursor);
    const QTextCharFormat format = currentCharFormat();
    const QTextCharFormat own = withCarried(withoutProvenance(format), carried);
    if (own != format) setCurrentCharFormat(own);
}

void SceneEditor::keyPressEvent(QKeyEvent* event) {
    if (event == QKeySequence::Undo) return undoEdit();
    if (event == QKeySequence::Redo) return redoEdit();
    if (event == QKeySequence::Cut) return cutSelection();
    if (event == QKeySequence::Copy) return copySelection();
    if (event == QKeySequence::SelectAll) return selectWhole();
    if (m_together && m_together->takesKey(*event)) return;
    if (takesBlockKey(*event)) return;
    if (selectsSeveral() && event != QKeySequence::Paste && (takesTextOut(*event) || putsTextIn(*event)))
        if (!removeSeveral() || takesTextOut(*event)) return;
    if (takesTextOut(*event)) return asWriter([&] { QTextEdit::keyPressEvent(event); });
    if (!putsTextIn(*event)) return QTextEdit::keyPressEvent(event);
    asWriter([&] {
        const bool replaces = textCursor().hasSelection();
        QTextCursor step = textCursor(); // where undoing puts the caret
        if (replaces) step.beginEditBlock();
        typeAsWriter(event->text());
        if (event->key() == Qt::Key_Return || event->key() == Qt::Key_Enter)
            newBlock(*event);
        else
            QTextEdit::keyPressEvent(event);
        if (replaces) step.endEditBlock();
    });
    if (event->text().size() == 1) smarten();
}

// After the key's own undo step, so that undoing once brings back what was typed.
void SceneEditor::smarten() {
    const QTextCursor caret = textCursor();
    if (m_punctuation.isEmpty() || caret.hasSelection()) return;
    const QString text = caret.block().text().left(caret.positionInBlock());
    const std::optional<SmartChange> change = smartChange(text, m_punctuation);
    if (!change) return;
    QTextCursor step = textCursor(); // where undoing puts the caret
    step.beginEditBlock();
    step.insertText(change->given, caret.charFormat()); // before the rest goes: the next key then joins neither
    step.setPosition(caret.position() - int(change->given.size()) - change->taken);
    step.setPosition(step.position() + change->taken, QTextCursor::KeepAnchor);
    step.removeSelectedText();
    step.endEditBlock();
}

void SceneEditor::inputMethodEvent(QInputMethodEvent* event) {
    if (selectsSeveral() && !(event->commitString().isEmpty() && event->preeditString().isEmpty()) && !removeSeveral())
        return;
    asWriter([&] {
        if (!event->commitString().isEmpty()) typeAsWriter(event->commitString());
        QTextEdit::inputMethodEvent(event);
    });
    if (event->commitString().size() == 1) smarten();
}

// The caret does not go into text a passage stands for: it steps over.
void SceneEditor::onCaretMoved() {
    QTextCursor cursor = textCursor();
    const int position = cursor.position();
    const PageLayout* layout = pageLayout();
    if (layout && layout->isHidden(position)) {
        const bool forward = position > m_caret;
        m_caret = forward ? layout->passageEnd() : layout->passageBegin();
        cursor.setPosition(m_caret, cursor.hasSelection() ? QTextCursor::KeepAnchor : QTextCursor::MoveAnchor);
        setTextCursor(cursor);
        return;
    }
    m_caret = position;
}

void SceneEditor::mergeFormat(const QTextCharFormat& format) {
    if (selectsSeveral()) return forSelections([&](QTextCursor& words) { words.mergeCharFormat(format); });
    mergeCurrentCharFormat(format);
}

void SceneEditor::toggleBold() {
    QTextCharFormat format;
    format.setFontWeight(fontWeight() >= QFont::DemiBold ? QFont::Normal : QFont::Bold);
    mergeFormat(format);
}

void SceneEditor::toggleItalic() {
    QTextCharFormat format;
    format.setFontItalic(!fontItalic());
    mergeFormat(format);
}

void SceneEditor::toggleUnderline() {
    QTextCharFormat format;
    format.setFontUnderline(!fontUnderline());
    mergeFormat(format);
}

void SceneEditor::toggleStrike() {
    QTextCharFormat format;
    format.setFontStrikeOut(!currentCharFormat().fontStrikeOut());
    mergeFormat(format);
}

void SceneEditor::undoEdit() {
    if (!m_together || !m_together->undo()) undo();
}

void SceneEditor::redoEdit() {
    if (!m_together || !m_together->redo()) redo();
}

void SceneEditor::mousePressEvent(QMouseEvent* event) {
    if (m_together && m_together->takesPress(*event)) return;
    QTextEdit::mousePressEvent(event);
}

void SceneEditor::mouseMoveEvent(QMouseEvent* event) {
    QTextEdit::mouseMoveEvent(event);
    if (m_together) m_together->dragged(*event);
}

void SceneEditor::contextMenuEvent(QContextMenuEvent* event) {
    QMenu menu(this);
    const bool selected = textCursor().hasSelection() || selectsSeveral();
    menu.addAction(tr("Undo"), this, &SceneEditor::undoEdit)->setEnabled(document()->isUndoAvailable());
    menu.addAction(tr("Redo"), this, &SceneEditor::redoEdit)->setEnabled(document()->isRedoAvailable());
    menu.addSeparator();
    menu.addAction(tr("Cut"), this, &SceneEditor::cutSelection)->setEnabled(selected);
    menu.addAction(tr("Copy"), this, &SceneEditor::copySelection)->setEnabled(selected);
    menu.addAction(tr("Paste"), this, &QTextEdit::paste)->setEnabled(canPaste());
    menu.addSeparator();
    for (QAction* action : actions()) menu.addAction(action); // drafting, given by the window
    const bool byKey = event->reason() == QContextMenuEvent::Keyboard;
    const QTextCursor at = byKey ? textCursor() : cursorForPosition(event->pos());
    Q_EMIT menuAboutToShow(&menu, at.selectionStart());
    menu.exec(byKey ? viewport()->mapToGlobal(cursorRect().bottomLeft()) : event->globalPos());
}

} // namespace palimpsest
