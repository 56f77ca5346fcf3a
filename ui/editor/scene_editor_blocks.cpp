// Kinds of paragraphs: headings, quotations, lists and scene breaks, and what keys do to them.
#include "ui/editor/scene_document.h"
#include "ui/editor/scene_editor.h"
#include "ui/editor/texts_together.h"

#include <QKeyEvent>
#include <algorithm>

namespace palimpsest {

void SceneEditor::setBlockKind(BlockKind kind, int level) {
    forSelections([&](QTextCursor& words) { words.setBlockFormat(blockFormatOf(kind, level)); });
    viewport()->update(); // items further down may have other numbers now
}

void SceneEditor::toggleList(BlockKind kind) {
    const bool on = kindOf(textCursor().block()) != kind;
    setBlockKind(on ? kind : BlockKind::Paragraph, on ? std::max(1, listLevelOf(textCursor().block())) : 0);
}

void SceneEditor::deepenList(int by) {
    forSelections([by](QTextCursor& words) {
        words.beginEditBlock();
        const int end = words.selectionEnd();
        for (QTextBlock block = words.document()->findBlock(words.selectionStart());
             block.isValid() && block.position() <= end; block = block.next())
            if (const int level = listLevelOf(block))
                QTextCursor(block).setBlockFormat(
                    blockFormatOf(kindOf(block), std::clamp(level + by, 1, kLastBlockLevel)));
        words.endEditBlock();
    });
    viewport()->update();
}

void SceneEditor::insertSceneBreak() {
    QTextCursor cursor = textCursor();
    cursor.beginEditBlock();
    if (cursor.block().length() > 1) cursor.insertBlock();
    cursor.setBlockFormat(blockFormatOf(BlockKind::SceneBreak));
    cursor.insertBlock(blockFormatOf(BlockKind::Paragraph), QTextCharFormat());
    cursor.endEditBlock();
    setTextCursor(cursor);
}

// In a list Tab and Shift+Tab change the level; Return in an empty item and Backspace at the head of one lead out of it.
bool SceneEditor::takesBlockKey(const QKeyEvent& event) {
    const QTextCursor cursor = textCursor();
    const int level = listLevelOf(cursor.block());
    if (level == 0) return false;
    const bool back = event.key() == Qt::Key_Backtab;
    if (back || (event.key() == Qt::Key_Tab && event.modifiers() == Qt::NoModifier)) {
        deepenList(back ? -1 : 1);
        return true;
    }
    const bool enter = event.key() == Qt::Key_Return || event.key() == Qt::Key_Enter;
    const bool leaves =
        (enter && cursor.block().length() == 1) ||
        (event.key() == Qt::Key_Backspace && cursor.atBlockStart() && event.modifiers() == Qt::NoModifier);
    if (!leaves || cursor.hasSelection()) return false;
    if (level > 1)
        deepenList(-1);
    else
        setBlockKind(BlockKind::Paragraph, 0);
    return true;
}

// What follows a heading or a scene break is text.
void SceneEditor::newBlock(QKeyEvent& event) {
    QTextCursor step = textCursor(); // where undoing puts the caret
    step.beginEditBlock();
    QTextEdit::keyPressEvent(&event);
    QTextCursor made = textCursor();
    const BlockKind before = kindOf(made.block().previous());
    if (made.block().length() == 1 && (before == BlockKind::Heading || before == BlockKind::SceneBreak))
        made.setBlockFormat(blockFormatOf(BlockKind::Paragraph));
    step.endEditBlock();
}

bool SceneEditor::focusNextPrevChild(bool next) {
    return !listLevelOf(textCursor().block()) && QTextEdit::focusNextPrevChild(next); // Tab is the list's
}

} // namespace palimpsest
