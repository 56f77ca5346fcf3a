#include "ui/editor/page_focus.h"

#include "app/document/provenance.h"

#include <QEvent>
#include <QGuiApplication>
#include <QScrollBar>
#include <algorithm>

namespace palimpsest {
namespace {

constexpr qreal kRowHeight = 0.45; // where the row of the caret stands in the window, from its top

} // namespace

PageFocus::PageFocus(SceneEditor& editor, QObject* parent) : QObject(parent), m_editor(editor) {
    editor.addMarker([this](const QTextBlock& block, PageMarks& marks) {
        if (m_focusOn == FocusOn::Everything) return;
        if (block.document() != m_editor.document()) { // another text, shown with it
            marks.lit = Interval{0, 0};
            return;
        }
        const qsizetype end = block.length();
        const qsizetype from = std::clamp<qsizetype>(m_lit.begin - block.position(), 0, end);
        marks.lit = Interval{from, std::clamp<qsizetype>(m_lit.end - block.position(), from, end)};
    });
    connect(&editor, &QTextEdit::cursorPositionChanged, this, &PageFocus::onCaretMoved);
    connect(&editor, &SceneEditor::edited, this, &PageFocus::onCaretMoved);
    connect(&editor, &SceneEditor::documentShown, this, [this] {
        makeRoom();
        onCaretMoved();
    });
    editor.viewport()->installEventFilter(this);
}

void PageFocus::setFocusOn(FocusOn what) {
    m_focusOn = what;
    m_lit = litNow();
    m_editor.viewport()->update();
}

void PageFocus::setTypewriter(bool on) {
    m_typewriter = on;
    makeRoom();
    keepRow();
}

bool PageFocus::eventFilter(QObject* watched, QEvent* event) {
    if (event->type() == QEvent::Resize) makeRoom();
    return QObject::eventFilter(watched, event);
}

// From the sentence or paragraph where the selection begins to the one where it ends.
Interval PageFocus::litNow() const {
    const QTextCursor cursor = m_editor.textCursor();
    const QTextDocument& document = *m_editor.document();
    const QTextBlock first = document.findBlock(cursor.selectionStart());
    const QTextBlock last = document.findBlock(cursor.selectionEnd());
    if (m_focusOn == FocusOn::Paragraph) return {first.position(), last.position() + last.length()};
    const auto sentence = [](const QTextBlock& block, int position) {
        const qsizetype at = position - block.position();
        Interval found = sentenceAround(block.text(), at);
        // Behind the last sentence of a paragraph one is still in it.
        if (found.begin == found.end && at > 0) found = sentenceAround(block.text(), at - 1);
        return Interval{block.position() + found.begin, block.position() + found.end};
    };
    return {sentence(first, cursor.selectionStart()).begin, sentence(last, cursor.selectionEnd()).end};
}

void PageFocus::onCaretMoved() {
    if (m_focusOn != FocusOn::Everything) {
        const Interval before = std::exchange(m_lit, litNow());
        const QTextDocument& document = *m_editor.document();
        const QTextBlock block = document.findBlock(int(m_lit.begin));
        const bool sameBlock = block.contains(int(before.begin)) && block.position() + block.length() >= m_lit.end &&
                               block.position() + block.length() >= before.end;
        if (!sameBlock) {
            m_editor.viewport()->update();
        } else if (!(before == m_lit)) {
            const QRectF rect = m_editor.pageLayout()->blockBoundingRect(block);
            m_editor.viewport()->update(0, int(rect.top()) - m_editor.verticalScrollBar()->value(),
                                        m_editor.viewport()->width(), int(rect.height()) + 2);
        }
    }
    if (QGuiApplication::mouseButtons() == Qt::NoButton) keepRow();
}

// Under the text, so that its last row can stand where the caret's does.
void PageFocus::makeRoom() {
    if (PageLayout* layout = m_editor.pageLayout())
        layout->setRoomBelow(m_typewriter ? m_editor.viewport()->height() * (1 - kRowHeight) : 0);
}

void PageFocus::keepRow() {
    if (!m_typewriter) return;
    QScrollBar& bar = *m_editor.verticalScrollBar();
    const int wanted = int(m_editor.viewport()->height() * kRowHeight);
    bar.setValue(bar.value() + m_editor.cursorRect().center().y() - wanted);
}

} // namespace palimpsest
