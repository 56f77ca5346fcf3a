// What the writer does that goes from one text into the next: caret, selection, mouse, and undoing what was done to several.
#include "ui/editor/continuous_text.h"
#include "ui/editor/scene_document.h"

#include <QKeyEvent>
#include <QMouseEvent>
#include <QScrollBar>
#include <algorithm>
#include <limits>

namespace palimpsest {
namespace {

struct CaretKey {
    QKeySequence::StandardKey move, select;
    QTextCursor::MoveOperation operation;
};

// As Qt's own editors take them.
constexpr CaretKey kCaretKeys[] = {
    {QKeySequence::MoveToNextChar, QKeySequence::SelectNextChar, QTextCursor::Right},
    {QKeySequence::MoveToPreviousChar, QKeySequence::SelectPreviousChar, QTextCursor::Left},
    {QKeySequence::MoveToNextWord, QKeySequence::SelectNextWord, QTextCursor::WordRight},
    {QKeySequence::MoveToPreviousWord, QKeySequence::SelectPreviousWord, QTextCursor::WordLeft},
    {QKeySequence::MoveToNextLine, QKeySequence::SelectNextLine, QTextCursor::Down},
    {QKeySequence::MoveToPreviousLine, QKeySequence::SelectPreviousLine, QTextCursor::Up},
    {QKeySequence::MoveToStartOfLine, QKeySequence::SelectStartOfLine, QTextCursor::StartOfLine},
    {QKeySequence::MoveToEndOfLine, QKeySequence::SelectEndOfLine, QTextCursor::EndOfLine},
    {QKeySequence::MoveToStartOfBlock, QKeySequence::SelectStartOfBlock, QTextCursor::StartOfBlock},
    {QKeySequence::MoveToEndOfBlock, QKeySequence::SelectEndOfBlock, QTextCursor::EndOfBlock},
    {QKeySequence::MoveToStartOfDocument, QKeySequence::SelectStartOfDocument, QTextCursor::Start},
    {QKeySequence::MoveToEndOfDocument, QKeySequence::SelectEndOfDocument, QTextCursor::End},
    {QKeySequence::MoveToNextPage, QKeySequence::SelectNextPage, QTextCursor::NextRow}, // a window on
    {QKeySequence::MoveToPreviousPage, QKeySequence::SelectPreviousPage, QTextCursor::PreviousRow},
};

bool isWindow(QTextCursor::MoveOperation operation) {
    return operation == QTextCursor::NextRow || operation == QTextCursor::PreviousRow;
}

// The caret's place in a document, in the coordinates of its layout.
QRectF rowAt(const PageLayout& layout, int position) {
    const QTextBlock block = layout.document()->findBlock(position);
    const QRectF whole = layout.blockBoundingRect(block);
    const int offset = position - block.position();
    const QTextLine line = block.layout()->lineForTextPosition(offset);
    if (!line.isValid()) return {whole.topLeft(), QSizeF(1, layout.metrics().pitch)};
    return {whole.left() + line.cursorToX(offset), whole.top() + line.y(), 1, line.height()};
}

} // namespace

int ContinuousText::endOf(std::size_t page) const {
    return m_pages[page].document ? m_pages[page].document->characterCount() - 1 : std::numeric_limits<int>::max();
}

ContinuousText::Spot ContinuousText::caret() const {
    return m_far ? *m_far : Spot{active(), m_editor.textCursor().position()};
}

ContinuousText::Spot ContinuousText::spotAt(const QPointF& point) const {
    const std::size_t page = pageAt(point.y());
    return {page, m_pages[page].document ? m_pages[page].layout().hitTest(point, Qt::FuzzyHit) : 0};
}

// The first or last place of the next text; where there is none, the place it was.
ContinuousText::Spot ContinuousText::across(Spot from, bool forward) const {
    if (forward) return from.page + 1 < m_pages.size() ? Spot{from.page + 1, 0} : from;
    return from.page > 0 ? Spot{from.page - 1, endOf(from.page - 1)} : from;
}

ContinuousText::Spot ContinuousText::moved(Spot from, QTextCursor::MoveOperation operation) const {
    if (operation == QTextCursor::Start) return {0, 0};
    if (operation == QTextCursor::End) return {m_pages.size() - 1, endOf(m_pages.size() - 1)};
    if (operation == QTextCursor::Down || operation == QTextCursor::Up)
        return movedByRow(from, operation == QTextCursor::Down);
    if (!m_pages[from.page].document) return from;
    QTextCursor probe(m_pages[from.page].document);
    probe.setPosition(std::min(from.position, endOf(from.page)));
    probe.movePosition(operation);
    const bool stays = operation == QTextCursor::StartOfLine || operation == QTextCursor::EndOfLine ||
                       operation == QTextCursor::StartOfBlock || operation == QTextCursor::EndOfBlock;
    if (stays || probe.position() != from.position) return {from.page, probe.position()};
    const bool right = operation == QTextCursor::Right || operation == QTextCursor::WordRight;
    return across(from, endOf(from.page) > 0 ? from.position > 0 : right); // the caret stands at one end
}

ContinuousText::Spot ContinuousText::movedByRow(Spot from, bool down) const {
    if (!m_pages[from.page].document) return from;
    QTextCursor probe(m_pages[from.page].document);
    probe.setPosition(std::min(from.position, endOf(from.page)));
    const QTextBlock block = probe.block();
    const QTextLine line = block.layout()->lineForTextPosition(probe.positionInBlock());
    const bool lastRow = !line.isValid() || line.lineNumber() == (down ? block.layout()->lineCount() - 1 : 0);
    if (!lastRow || (down ? block.next() : block.previous()).isValid()) {
        probe.movePosition(down ? QTextCursor::Down : QTextCursor::Up);
        return {from.page, probe.position()};
    }
    const Spot to = across(from, down);
    if (to == from || !m_pages[to.page].document) return to;
    const PageLayout& layout = m_pages[to.page].layout();
    const QRectF row = rowAt(layout, down ? 0 : endOf(to.page));
    return {to.page,
            layout.hitTest({rowAt(m_pages[from.page].layout(), from.position).x(), row.center().y()}, Qt::FuzzyHit)};
}

// As far as the window is high; the window moves with it.
ContinuousText::Spot ContinuousText::movedByWindow(Spot from, bool down) {
    if (!m_pages[from.page].document) return from;
    const QRectF row = rowAt(m_pages[from.page].layout(), from.position);
    QScrollBar& bar = *m_editor.verticalScrollBar();
    const int step = (down ? 1 : -1) * bar.pageStep();
    const Spot to = spotAt({row.x(), row.center().y() + step});
    if (to.page != active() || m_far) bar.setValue(bar.value() + step);
    return to;
}

bool ContinuousText::takesKey(const QKeyEvent& event) {
    const std::size_t at = active();
    if (at == m_pages.size()) return false;
    if (isBorder(event)) return true;
    for (const CaretKey& known : kCaretKeys) {
        const bool selects = event.matches(known.select);
        if (!selects && !event.matches(known.move)) continue;
        const Spot from = caret();
        const bool sideways = known.operation == QTextCursor::Left || known.operation == QTextCursor::Right;
        if (!selects && !m_far && sideways && m_editor.textCursor().hasSelection()) return false; // it only ends there
        const Spot to = isWindow(known.operation) ? movedByWindow(from, known.operation == QTextCursor::NextRow)
                                                  : moved(from, known.operation);
        if (to.page == at && !m_far) return false;
        const NodeId node = m_pages[to.page].node;
        ask(node, [this, selects, node, position = to.position] {
            const Spot spot{find(node), position};
            selects ? selectTo(spot) : enterAt(spot);
        });
        return true;
    }
    return false;
}

// Between two texts there is nothing to delete.
bool ContinuousText::isBorder(const QKeyEvent& event) {
    const QTextCursor cursor = m_editor.textCursor();
    if (cursor.hasSelection() || m_far) return false;
    const std::size_t at = active();
    const bool head = event.key() == Qt::Key_Backspace && cursor.atStart() && at > 0;
    const bool foot = event.key() == Qt::Key_Delete && cursor.atEnd() && at + 1 < m_pages.size();
    if (head || foot) Q_EMIT said(tr("Here one scene ends and another begins. Project > Merge makes them one."));
    return head || foot;
}

bool ContinuousText::takesPress(const QMouseEvent& event) {
    const std::size_t at = active();
    if (at == m_pages.size()) return false;
    const Spot spot = spotAt(event.position() + QPointF(0, m_editor.verticalScrollBar()->value()));
    if (event.button() == Qt::LeftButton && event.modifiers() & Qt::ShiftModifier) {
        if (spot.page == at) return false;
        selectTo(spot);
        return true;
    }
    const QTextCursor own = m_editor.textCursor();
    const bool grips = spot.page == at && spot.position > own.selectionStart() && spot.position < own.selectionEnd();
    if (m_far && (event.button() != Qt::LeftButton || grips)) return false; // its menu, or to drag it all
    forgetSelection();
    if (spot.page != at) enterAt(spot); // and there the editor takes the press as its own
    return false;
}

void ContinuousText::dragged(const QMouseEvent& event) {
    if (!(event.buttons() & Qt::LeftButton) || active() == m_pages.size()) return;
    const Spot spot = spotAt(event.position() + QPointF(0, m_editor.verticalScrollBar()->value()));
    if (spot.page != active()) selectTo(spot);
}

QTextCursor ContinuousText::caretAt(const QPointF& point) const {
    const Spot spot = spotAt(point + QPointF(0, m_editor.verticalScrollBar()->value()));
    if (!m_pages[spot.page].document) return {};
    return selected(m_pages[spot.page].document, spot.position, spot.position);
}

void ContinuousText::enter(const QTextCursor& caret) {
    for (std::size_t page = 0; page < m_pages.size(); ++page)
        if (m_pages[page].document == caret.document()) return enterAt({page, caret.position()});
}

void ContinuousText::enterAt(Spot spot) {
    if (spot.page >= m_pages.size()) return;
    const NodeId node = m_pages[spot.page].node;
    ask(node, [this, node, position = spot.position] {
        SceneShelf::Scene* scene = m_shelf.find(node);
        if (!scene) return;
        forgetSelection();
        scene->caret = position;
        if (&scene->document != m_shown) return Q_EMIT entered(node);
        QTextCursor caret(&scene->document);
        caret.setPosition(std::min(position, scene->document.characterCount() - 1));
        m_editor.setTextCursor(caret);
        m_editor.ensureCursorVisible();
    });
}

// The editor's own selection goes on to the border; what is beyond is ours.
void ContinuousText::selectTo(Spot spot) {
    const std::size_t at = active();
    if (at == m_pages.size() || spot.page >= m_pages.size()) return;
    spot.position = std::min(spot.position, endOf(spot.page));
    QTextCursor own = m_editor.textCursor();
    own.setPosition(spot.page == at ? spot.position : spot.page > at ? endOf(at) : 0, QTextCursor::KeepAnchor);
    m_far.reset(); // the editor tells of its new selection at once, and again when the mouse is let go
    m_editor.setTextCursor(own);
    m_far = spot.page == at ? std::nullopt : std::optional(spot);
    m_own = own;
    for (std::size_t page = std::min(at, spot.page); page <= std::max(at, spot.page); ++page)
        ask(m_pages[page].node, [] {});
    Q_EMIT m_editor.copyAvailable(m_far || own.hasSelection());
    m_editor.viewport()->update();
    if (!m_pages[spot.page].document) return;
    const QRectF row = rowAt(m_pages[spot.page].layout(), spot.position);
    QScrollBar& bar = *m_editor.verticalScrollBar();
    bar.setValue(std::clamp(bar.value(), int(row.bottom()) + 1 - m_editor.viewport()->height(), int(row.top())));
}

void ContinuousText::onSelectionChanged() {
    const QTextCursor now = m_editor.textCursor();
    if (!m_far || (now == m_own && now.anchor() == m_own.anchor())) return;
    forgetSelection();
}

void ContinuousText::forgetSelection() {
    if (!m_far) return;
    m_far.reset();
    Q_EMIT m_editor.copyAvailable(m_editor.textCursor().hasSelection());
    m_editor.viewport()->update();
}

void ContinuousText::loadAll(std::function<void()> then) {
    const auto missing = std::find_if(m_pages.begin(), m_pages.end(), [](const Page& page) { return !page.document; });
    if (missing == m_pages.end()) return then();
    ask(missing->node, [this, then = std::move(then)] { loadAll(then); });
}

void ContinuousText::selectAll() {
    if (m_pages.empty()) return;
    const int scroll = m_editor.verticalScrollBar()->value();
    const NodeId first = m_pages.front().node, last = m_pages.back().node;
    ask(last, [this, first, scroll] {
        ask(first, [this, scroll] {
            enterAt({0, 0});
            selectTo({m_pages.size() - 1, endOf(m_pages.size() - 1)});
            m_editor.verticalScrollBar()->setValue(scroll); // the writer goes on seeing what was seen
        });
    });
}

std::vector<QTextCursor> ContinuousText::selections() const {
    std::vector<QTextCursor> all;
    if (!m_far || active() == m_pages.size()) return all;
    const Spot anchor{active(), m_editor.textCursor().anchor()};
    const Spot from = std::min(anchor, *m_far), to = std::max(anchor, *m_far);
    for (std::size_t page = from.page; page <= to.page; ++page) {
        if (!m_pages[page].document) continue;
        const int begin = page == from.page ? from.position : 0, end = page == to.page ? to.position : endOf(page);
        all.push_back(selected(m_pages[page].document, begin, end));
    }
    return all;
}

void ContinuousText::goOn(bool backwards, std::function<bool(QTextDocument&)> wanted, std::function<void(bool)> then) {
    if (active() < m_pages.size()) lookIn(m_pages[active()].node, backwards, m_pages.size(), false, wanted, then);
}

// In the text behind this one, and from there on; `left`: texts to look in.
void ContinuousText::lookIn(NodeId behind, bool backwards, std::size_t left, bool wrapped,
                            std::function<bool(QTextDocument&)> wanted, std::function<void(bool)> then) {
    const std::size_t from = find(behind), count = m_pages.size();
    if (left == 0 || from == count) return then(false);
    const std::size_t page = (from + (backwards ? count - 1 : 1)) % count;
    wrapped = wrapped || (backwards ? page >= from : page <= from);
    const NodeId node = m_pages[page].node;
    ask(node, [=, this] {
        const std::size_t at = find(node);
        if (!wanted(*m_pages[at].document)) return lookIn(node, backwards, left - 1, wrapped, wanted, then);
        enterAt({at, backwards ? endOf(at) : 0});
        then(wrapped);
    });
}

bool ContinuousText::isSelectionLoaded() {
    if (!m_far) return true;
    const std::size_t from = std::min(active(), m_far->page), to = std::max(active(), m_far->page);
    const bool loaded = std::all_of(m_pages.begin() + std::ptrdiff_t(from), m_pages.begin() + std::ptrdiff_t(to) + 1,
                                    [](const Page& page) { return page.document; });
    if (!loaded) Q_EMIT said(tr("Some of the selected scenes are still being read. Try again in a moment."));
    return loaded;
}

bool ContinuousText::removeSelections() {
    if (!isSelectionLoaded()) return false;
    const Spot from = std::min(Spot{active(), m_editor.textCursor().anchor()}, *m_far);
    std::vector<QTextDocument*> changed;
    for (const QTextCursor& words : selections()) {
        if (!words.hasSelection()) continue;
        changed.push_back(words.document());
        SceneEditor::removeAsWriter(words);
    }
    joinSteps(changed);
    enterAt(from);
    place(); // all is higher up now, and the caret may be far from what was in sight
    m_editor.ensureCursorVisible();
    return true;
}

void ContinuousText::joinSteps(const std::vector<QTextDocument*>& documents) {
    JoinedStep step;
    for (QTextDocument* document : documents) step.parts.push_back({document, document->availableUndoSteps(), -1});
    if (step.parts.size() > 1) m_joined.push_back(std::move(step));
}

bool ContinuousText::undo() {
    return step(true);
}

bool ContinuousText::redo() {
    return step(false);
}

// The newest step of the editor's own text, when it was done to several and is still the newest of each.
bool ContinuousText::step(bool undoes) {
    const auto isNext = [undoes](const JoinedStep::Part& part) {
        return part.document && part.document->availableUndoSteps() == (undoes ? part.done : part.undone) &&
               (undoes || part.document->isRedoAvailable());
    };
    for (auto joined = m_joined.rbegin(); joined != m_joined.rend(); ++joined) {
        const bool own = std::any_of(joined->parts.begin(), joined->parts.end(),
                                     [this](const JoinedStep::Part& part) { return part.document == m_shown; });
        if (!own || !std::all_of(joined->parts.begin(), joined->parts.end(), isNext)) continue;
        for (JoinedStep::Part& part : joined->parts) {
            if (part.document == m_shown)
                undoes ? m_editor.QTextEdit::undo() : m_editor.QTextEdit::redo();
            else
                undoes ? part.document->undo() : part.document->redo();
            (undoes ? part.undone : part.done) = part.document->availableUndoSteps();
        }
        return true;
    }
    return false;
}

} // namespace palimpsest
