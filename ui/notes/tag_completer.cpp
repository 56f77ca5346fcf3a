#include "ui/notes/tag_completer.h"

#include <QAccessible>
#include <QKeyEvent>
#include <QListWidget>
#include <QTextBlock>
#include <utility>

namespace palimpsest {
namespace {

constexpr int kRows = 7;
constexpr int kRoom = 8; // around the rows

} // namespace

TagCompleter::TagCompleter(const NoteIndex& notes, SceneEditor& editor)
    : QObject(&editor), m_notes(notes), m_editor(editor), m_list(new QListWidget(&editor)) {
    m_list->setObjectName("tagList");
    m_list->setAccessibleName(tr("Tags"));
    m_list->setFocusPolicy(Qt::NoFocus);
    m_list->setHorizontalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->setVerticalScrollBarPolicy(Qt::ScrollBarAlwaysOff);
    m_list->hide();
    editor.installEventFilter(this);
    connect(&editor, &QTextEdit::cursorPositionChanged, this, &TagCompleter::refresh);
    connect(&editor, &SceneEditor::documentShown, m_list, &QWidget::hide);
    connect(m_list, &QListWidget::itemClicked, this, [this](QListWidgetItem* item) { take(m_list->row(item)); });
}

void TagCompleter::refresh() {
    const QTextCursor caret = m_editor.textCursor();
    const bool typed = std::exchange(m_typed, false);
    if ((!typed && !m_list->isVisible()) || caret.hasSelection()) return m_list->hide();
    const QString paragraph = caret.block().text();
    const Interval tag = tagAt(paragraph, caret.positionInBlock(), true);
    if (tag.end == tag.begin) return m_list->hide();
    const QString begun = paragraph.mid(tag.begin + 1, tag.end - tag.begin - 1);
    const std::vector<NoteIndex::Tag> tags = m_notes.complete(begun);
    const bool isWhole = tags.size() == 1 && tags.front().tag.compare(begun, Qt::CaseInsensitive) == 0;
    if (tags.empty() || isWhole) return m_list->hide();
    m_list->clear();
    for (const NoteIndex::Tag& each : tags)
        if (m_list->count() < kRows) m_list->addItem(u'@' + each.tag);
    m_list->setCurrentRow(0);
    place();
    m_list->show();
    QAccessibleEvent shown(m_list, QAccessible::PopupMenuStart);
    QAccessible::updateAccessibility(&shown);
}

// Under the word, or over it where there is no room.
void TagCompleter::place() {
    const QSize size(std::clamp(m_list->sizeHintForColumn(0) + 2 * kRoom + 16, 120, 320),
                     m_list->sizeHintForRow(0) * m_list->count() + kRoom);
    const QRect caret = m_editor.cursorRect().translated(m_editor.viewport()->pos());
    const int x = m_editor.isRightToLeft() ? caret.right() - size.width() : caret.left() - kRoom;
    const bool below = caret.bottom() + 4 + size.height() < m_editor.height();
    const QPoint at(std::clamp(x, 4, std::max(4, m_editor.width() - size.width() - 4)),
                    below ? caret.bottom() + 4 : caret.top() - 4 - size.height());
    m_list->setGeometry(QRect(at, size));
}

void TagCompleter::take(int row) {
    const QTextCursor caret = m_editor.textCursor();
    const Interval tag = tagAt(caret.block().text(), caret.positionInBlock(), true);
    m_list->hide();
    if (row < 0 || tag.end == tag.begin) return;
    QTextCursor word = caret;
    word.setPosition(caret.block().position() + int(tag.begin));
    word.setPosition(caret.position(), QTextCursor::KeepAnchor);
    word.insertText(m_list->item(row)->text(), m_editor.currentCharFormat());
    m_editor.setTextCursor(word);
    m_editor.setFocus();
}

bool TagCompleter::onKey(int key) {
    const int rows = m_list->count(), row = m_list->currentRow();
    switch (key) {
    case Qt::Key_Down: m_list->setCurrentRow((row + 1) % rows); return true;
    case Qt::Key_Up: m_list->setCurrentRow((row + rows - 1) % rows); return true;
    case Qt::Key_Return:
    case Qt::Key_Enter:
    case Qt::Key_Tab: take(row); return true;
    case Qt::Key_Escape: m_list->hide(); return true;
    default: return false;
    }
}

bool TagCompleter::eventFilter(QObject*, QEvent* event) {
    const bool shown = m_list->isVisible();
    if (event->type() == QEvent::FocusOut) m_list->hide();
    if (event->type() == QEvent::InputMethod) m_typed = true;
    if (event->type() != QEvent::KeyPress && event->type() != QEvent::ShortcutOverride) return false;
    const auto* key = static_cast<QKeyEvent*>(event);
    const bool ours = key->key() == Qt::Key_Down || key->key() == Qt::Key_Up || key->key() == Qt::Key_Return ||
                      key->key() == Qt::Key_Enter || key->key() == Qt::Key_Tab || key->key() == Qt::Key_Escape;
    if (event->type() == QEvent::ShortcutOverride) {
        if (shown && ours && key->modifiers() == Qt::NoModifier) event->accept(); // before any menu
        return false;
    }
    if (shown && key->modifiers() == Qt::NoModifier && onKey(key->key())) return true;
    m_typed = key->key() == Qt::Key_Backspace || (!key->text().isEmpty() && key->text().front().isPrint());
    return false;
}

} // namespace palimpsest
