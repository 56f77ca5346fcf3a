#include "ui/editor/scene_spelling.h"

#include "ui/editor/scene_document.h"

#include <QScrollBar>
#include <QTextBlock>
#include <algorithm>

namespace palimpsest {
namespace {

constexpr int kKeptCharacters = 4'000'000; // of paragraphs whose words are known

// The words of `before` that stand unchanged in `after`, where they stand there.
Spelling::Words carriedOver(const Spelling::Words& words, const QString& before, const QString& after) {
    const qsizetype most = std::min(before.size(), after.size());
    const qsizetype head = std::mismatch(before.begin(), before.begin() + most, after.begin()).first - before.begin();
    const qsizetype tail =
        std::mismatch(before.rbegin(), before.rbegin() + (most - head), after.rbegin()).first - before.rbegin();
    const qsizetype moved = after.size() - before.size();
    Spelling::Words kept;
    for (const Interval& word : words) {
        if (word.end < head)
            kept.push_back(word);
        else if (word.begin > before.size() - tail)
            kept.push_back({word.begin + moved, word.end + moved});
    }
    return kept;
}

} // namespace

SceneSpelling::SceneSpelling(SceneEditor& editor, Spelling& spelling, QObject* parent)
    : QObject(parent), m_editor(editor), m_spelling(spelling), m_checked(kKeptCharacters) {
    editor.addMarker([this](const QTextBlock& block, PageMarks& marks) { marks.misspelt = wordsOf(block); });
    connect(&spelling, &Spelling::changed, this, [this] {
        m_checked.clear();
        forget();
        m_editor.viewport()->update();
    });
    connect(&editor, &SceneEditor::documentShown, this, &SceneSpelling::forget);
    connect(&editor, &SceneEditor::edited, this, [this] { m_typedAt = m_editor.textCursor().position(); });
    connect(&editor, &QTextEdit::cursorPositionChanged, this, [this] {
        if (m_typedAt < 0 || m_editor.textCursor().position() == m_typedAt) return;
        repaint(m_editor.document()->findBlock(std::exchange(m_typedAt, -1)));
    });
    connect(&editor, &SceneEditor::menuAboutToShow, this,
            [this](QMenu* menu, int position) { addTo(*menu, position); });
}

void SceneSpelling::forget() {
    m_last.clear();
    m_asked.clear();
    m_typedAt = -1;
    ++m_search;
}

Spelling::Words SceneSpelling::wordsOf(const QTextBlock& block) {
    if (!m_spelling.isReady()) return {};
    const QString text = block.text();
    Spelling::Words words;
    Known& last = m_last[{block.document(), block.blockNumber()}];
    if (const Spelling::Words* known = m_checked.object(text)) {
        last = {text, *known};
        words = *known;
    } else {
        words = carriedOver(last.words, last.text, text);
        request(block);
    }
    if (block.document() != m_editor.document()) return words;
    const int caret = m_editor.textCursor().position() - block.position();
    if (m_typedAt == m_editor.textCursor().position())
        std::erase_if(words, [caret](const Interval& word) { return word.begin < caret && word.end >= caret; });
    if (const PageLayout* layout = m_editor.pageLayout(); layout->hasPassage())
        std::erase_if(words, [&](const Interval& word) {
            return block.position() + word.begin < layout->passageEnd() &&
                   block.position() + word.end > layout->passageBegin();
        });
    return words;
}

// One request a block at a time: its answer repaints the block, which asks again when its text is another by then.
void SceneSpelling::request(const QTextBlock& block) {
    const Place place{block.document(), block.blockNumber()};
    if (m_asked.contains(place)) return;
    m_asked.insert(place);
    const QString text = block.text();
    const QPointer<const QTextDocument> document = block.document();
    m_spelling.check(text, this, [this, place, document, text](const Spelling::Words& words) {
        m_asked.remove(place);
        m_checked.insert(text, new Spelling::Words(words), text.size() + 1);
        if (document && m_editor.shows(document)) repaint(document->findBlockByNumber(place.second));
    });
}

void SceneSpelling::repaint(const QTextBlock& block) {
    if (!block.isValid()) return;
    const QRectF rect = block.document()->documentLayout()->blockBoundingRect(block);
    m_editor.viewport()->update(0, int(rect.top()) - m_editor.verticalScrollBar()->value(),
                                m_editor.viewport()->width(), int(rect.height()) + 2);
}

void SceneSpelling::goToNext() {
    if (!m_spelling.problem().isEmpty()) return Q_EMIT said(m_spelling.problem());
    if (!m_spelling.isReady()) return Q_EMIT said(tr("Spelling is switched off."));
    ++m_search;
    const int from = m_editor.textCursor().selectionEnd();
    const QTextBlock block = m_editor.document()->findBlock(from);
    look(block.blockNumber(), from - block.position(), m_editor.document()->blockCount());
}

// Asks for the paragraph and, when it has no misspelt word from `from` on, for the next; the first one twice, the
// second time from its beginning.
void SceneSpelling::look(int blockNumber, int from, int blocksLeft) {
    const QTextBlock block = m_editor.document()->findBlockByNumber(blockNumber);
    m_spelling.check(
        block.text(), this, [=, this, search = m_search, text = block.text()](const Spelling::Words& words) {
            if (search != m_search) return;
            const QTextBlock there = m_editor.document()->findBlockByNumber(blockNumber);
            const auto next =
                std::find_if(words.begin(), words.end(), [&](const auto& word) { return word.begin >= from; });
            if (next == words.end() || there.text() != text) {
                if (blocksLeft == 0) return Q_EMIT said(tr("No misspelt word in this scene."));
                return look((blockNumber + 1) % m_editor.document()->blockCount(), 0, blocksLeft - 1);
            }
            const int start = there.position();
            m_editor.setTextCursor(selected(m_editor.document(), start + int(next->begin), start + int(next->end)));
            m_editor.ensureCursorVisible();
        });
}

std::optional<Interval> SceneSpelling::misspeltAt(int position) const {
    const QTextBlock block = m_editor.document()->findBlock(position);
    const Spelling::Words* words = m_checked.object(block.text());
    if (!words || !m_spelling.isReady()) return std::nullopt;
    for (const Interval& word : *words)
        if (block.position() + word.begin <= position && block.position() + word.end >= position)
            return Interval{block.position() + word.begin, block.position() + word.end};
    return std::nullopt;
}

bool SceneSpelling::isMisspelt(int position) const {
    return misspeltAt(position).has_value();
}

void SceneSpelling::openMenu() {
    const int position = m_editor.textCursor().selectionStart();
    if (!misspeltAt(position))
        return Q_EMIT said(m_spelling.problem().isEmpty() ? tr("The word at the caret is not misspelt.")
                                                          : m_spelling.problem());
    auto* menu = new QMenu(&m_editor);
    menu->setAttribute(Qt::WA_DeleteOnClose);
    addTo(*menu, position);
    menu->popup(m_editor.viewport()->mapToGlobal(m_editor.cursorRect().bottomLeft()));
}

// At the top of the menu; the suggestions come when they are ready, into the open menu.
void SceneSpelling::addTo(QMenu& menu, int position) {
    const std::optional<Interval> word = misspeltAt(position);
    if (!word) return;
    const QTextCursor cursor = selected(m_editor.document(), int(word->begin), int(word->end));
    const QString text = cursor.selectedText();
    QAction* first = menu.actions().value(0);
    auto* waiting = new QAction(tr("Looking for suggestions…"), &menu);
    auto* add = new QAction(tr("Add “%1” to the project’s words").arg(text), &menu);
    waiting->setEnabled(false);
    menu.insertActions(first, {waiting, add});
    menu.insertSeparator(first);
    connect(add, &QAction::triggered, this, [this, text] { Q_EMIT wordAdded(text); });
    m_spelling.suggest(text, &menu, [this, &menu, waiting, word = *word](const QStringList& suggestions) {
        offer(menu, waiting, word, suggestions);
    });
}

void SceneSpelling::offer(QMenu& menu, QAction* before, Interval word, const QStringList& suggestions) {
    if (suggestions.isEmpty()) return before->setText(tr("No suggestions"));
    for (const QString& suggestion : suggestions) {
        auto* action = new QAction(QString(suggestion).replace(u'&', QStringLiteral("&&")), &menu);
        QFont bold = action->font();
        bold.setBold(true);
        action->setFont(bold);
        menu.insertAction(before, action);
        connect(action, &QAction::triggered, this, [this, word, suggestion] {
            m_editor.replaceAsWriter({{int(word.begin), int(word.end), suggestion}});
        });
    }
    menu.removeAction(before);
    if (!menu.activeAction()) menu.setActiveAction(menu.actions().first());
}

} // namespace palimpsest
