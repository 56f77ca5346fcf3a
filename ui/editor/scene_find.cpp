#include "ui/editor/scene_find.h"

#include "ui/editor/scene_document.h"
#include "ui/editor/texts_together.h"

#include <QElapsedTimer>
#include <QTextBlock>
#include <algorithm>

namespace palimpsest {
namespace {

constexpr int kRestMs = 150; // after the last key before the hits are counted again
constexpr int kSliceMs = 4;  // of counting without a look at the keyboard

} // namespace

SceneFind::SceneFind(SceneEditor& editor, QObject* parent) : QObject(parent), m_editor(editor) {
    m_rest.setSingleShot(true);
    m_rest.setInterval(kRestMs);
    connect(&m_rest, &QTimer::timeout, this, &SceneFind::recount);
    connect(&m_slice, &QTimer::timeout, this, &SceneFind::countOn);
    connect(&editor, &SceneEditor::documentShown, this, &SceneFind::recount);
    connect(&editor, &SceneEditor::edited, this, [this] {
        m_slice.stop();
        m_counted = false;
        if (!m_search.findsNothing()) m_rest.start();
    });
    connect(&editor, &QTextEdit::selectionChanged, this, [this] {
        if (!m_search.findsNothing()) Q_EMIT changed();
    });
    editor.addMarker([this](const QTextBlock& block, PageMarks& marks) { marks.found = hitsIn(block); });
}

void SceneFind::search(const SearchQuery& query) {
    m_query = query;
    m_wrapped = false;
    auto compiled = TextSearch::compile(query);
    m_problem = compiled ? QString() : QString::fromStdString(compiled.error().message);
    m_search = compiled ? *std::move(compiled) : TextSearch();
    recount();
    m_editor.viewport()->update();
}

std::vector<Interval> SceneFind::hitsIn(const QTextBlock& block) const {
    if (m_search.findsNothing()) return {};
    auto found = m_search.find(block.text());
    if (!found) {
        m_problem = QString::fromStdString(found.error().message);
        return {};
    }
    const PageLayout* layout = m_editor.pageLayout();
    if (layout && layout->hasPassage() && block.document() == m_editor.document())
        std::erase_if(*found, [&](const Interval& hit) {
            return block.position() + hit.begin < layout->passageEnd() &&
                   block.position() + hit.end > layout->passageBegin();
        });
    return *std::move(found);
}

void SceneFind::recount() {
    m_hits.clear();
    m_next = m_editor.document()->begin();
    m_counted = false;
    countOn();
}

void SceneFind::countOn() {
    QElapsedTimer spent;
    spent.start();
    if (m_search.findsNothing()) m_next = QTextBlock();
    for (; m_next.isValid() && m_problem.isEmpty(); m_next = m_next.next()) {
        for (const Interval& hit : hitsIn(m_next))
            m_hits.push_back({m_next.position() + hit.begin, m_next.position() + hit.end});
        if (spent.elapsed() >= kSliceMs) return m_slice.start(0);
    }
    m_slice.stop();
    m_counted = true;
    if (!m_problem.isEmpty()) m_search = TextSearch();
    Q_EMIT changed();
}

// Selects the first hit that begins at `from` or behind it in the block, or the last that ends at or before it.
bool SceneFind::select(const QTextBlock& block, int from, bool backwards) {
    std::optional<Interval> chosen;
    for (const Interval& hit : hitsIn(block)) {
        if (backwards ? hit.end > from : hit.begin < from) continue;
        chosen = hit;
        if (!backwards) break;
    }
    if (!chosen) return false;
    const int start = block.position();
    m_editor.setTextCursor(selected(m_editor.document(), start + int(chosen->begin), start + int(chosen->end)));
    m_editor.ensureCursorVisible();
    return true;
}

void SceneFind::goToFirst() {
    QTextCursor cursor = m_editor.textCursor();
    cursor.setPosition(std::clamp(m_origin, 0, m_editor.document()->characterCount() - 1));
    m_editor.setTextCursor(cursor);
    if (!m_search.findsNothing()) goTo(false);
}

// The first hit from there to the end of the text, or to its beginning.
bool SceneFind::selectFrom(int position, bool backwards) {
    QTextBlock block = m_editor.document()->findBlock(position);
    bool found = select(block, position - block.position(), backwards);
    while (!found && !m_search.findsNothing()) {
        block = backwards ? block.previous() : block.next();
        if (!block.isValid()) return false;
        found = select(block, backwards ? block.length() : 0, backwards);
    }
    return found;
}

void SceneFind::goTo(bool backwards) {
    const QTextCursor cursor = m_editor.textCursor();
    m_wrapped = false;
    const auto fromTheOtherEnd = [this, backwards](bool wrapped) {
        const int end = m_editor.document()->characterCount() - 1;
        m_wrapped = selectFrom(backwards ? end : 0, backwards) && wrapped;
        Q_EMIT changed();
    };
    if (selectFrom(backwards ? cursor.selectionStart() : cursor.selectionEnd(), backwards)) return Q_EMIT changed();
    if (!m_editor.together() || m_search.findsNothing()) return fromTheOtherEnd(true);
    const auto hasHit = [this](QTextDocument& document) {
        for (QTextBlock block = document.begin(); block.isValid(); block = block.next())
            if (!hitsIn(block).empty()) return true;
        return false;
    };
    m_editor.together()->goOn(backwards, hasHit, fromTheOtherEnd);
}

bool SceneFind::replaceSelected(const Replacement& with) {
    const QTextCursor cursor = m_editor.textCursor();
    const QTextBlock block = m_editor.document()->findBlock(cursor.selectionStart());
    const Interval selected{cursor.selectionStart() - block.position(), cursor.selectionEnd() - block.position()};
    const std::vector<Interval> hits = hitsIn(block);
    if (std::find(hits.begin(), hits.end(), selected) == hits.end()) return false;
    m_editor.replaceAsWriter(
        {{cursor.selectionStart(), cursor.selectionEnd(), m_search.replacementFor(block.text(), selected, with)}});
    return true;
}

void SceneFind::replaceAll(const Replacement& with, std::function<void(int)> done) {
    const auto replace = [this, with, done = std::move(done)] {
        std::vector<QTextDocument*> changed;
        int count = 0;
        for (QTextDocument* document : m_editor.documents()) {
            const std::vector<SceneEditor::Change> changes = replacements(*document, with);
            if (changes.empty()) continue;
            const bool own = document == m_editor.document();
            SceneEditor::replaceIn(*document, changes, own ? m_editor.textCursor() : QTextCursor());
            changed.push_back(document);
            count += int(changes.size());
        }
        if (m_editor.together()) m_editor.together()->joinSteps(changed);
        done(count);
    };
    m_editor.together() ? m_editor.together()->loadAll(replace) : replace();
}

std::vector<SceneEditor::Change> SceneFind::replacements(const QTextDocument& document, const Replacement& with) const {
    std::vector<SceneEditor::Change> changes;
    for (QTextBlock block = document.begin(); block.isValid(); block = block.next()) {
        const QString text = block.text();
        for (const Interval& hit : hitsIn(block))
            changes.push_back({block.position() + int(hit.begin), block.position() + int(hit.end),
                               m_search.replacementFor(text, hit, with)});
    }
    return changes;
}

int SceneFind::selectedNumber() const {
    const QTextCursor cursor = m_editor.textCursor();
    const Interval selected{cursor.selectionStart(), cursor.selectionEnd()};
    const auto at = std::lower_bound(m_hits.begin(), m_hits.end(), selected.begin,
                                     [](const Interval& hit, qsizetype begin) { return hit.begin < begin; });
    return m_counted && at != m_hits.end() && *at == selected ? int(at - m_hits.begin()) + 1 : 0;
}

} // namespace palimpsest
