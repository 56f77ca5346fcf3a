// Places in the text that drafting is about: where a draft goes, what of it is open, where a pinned passage stands.
#include "app/document/provenance.h"
#include "ui/annotations/annotations.h"
#include "ui/drafting/drafting.h"
#include "ui/editor/scene_document.h"

#include <optional>

namespace palimpsest {
namespace {

DraftPlace blankParagraphs(QTextBlock block) {
    const auto isBlank = [](const QTextBlock& b) {
        return b.isValid() && b.text().trimmed().isEmpty() && kindOf(b) == BlockKind::Paragraph;
    };
    if (!isBlank(block)) return {};
    QTextBlock first = block, last = block;
    while (isBlank(first.previous())) first = first.previous();
    while (isBlank(last.next())) last = last.next();
    return {first.position(), last.position() + last.length() - 1};
}

DraftPlace sentenceAt(const QTextCursor& cursor) {
    const QTextBlock block = cursor.block();
    const QString text = block.text();
    Interval sentence = sentenceAround(text, cursor.positionInBlock());
    while (sentence.end > sentence.begin && text[sentence.end - 1].isSpace()) --sentence.end;
    while (sentence.begin < sentence.end && text[sentence.begin].isSpace()) ++sentence.begin;
    return {block.position() + int(sentence.begin), block.position() + int(sentence.end)};
}

// A pinned passage is one of a paragraph; what the page takes for one may go on in the next.
std::optional<QTextCursor> pinnedWords(const Annotations& annotations, const ContextNote& passage) {
    for (const Annotation& each : annotations.all()) {
        if (each.kind != Carried::Pin) continue;
        const QTextCursor words = annotations.wordsOf(each);
        if (words.selectedText().split(QChar::ParagraphSeparator).contains(passage.passage)) return words;
    }
    return std::nullopt;
}

} // namespace

DraftPlace draftPlace(const QTextCursor& cursor, DraftKind kind) {
    if (kind == DraftKind::Continue) return {cursor.selectionEnd(), cursor.selectionEnd()};
    if (cursor.hasSelection()) return {cursor.selectionStart(), cursor.selectionEnd()};
    if (kind == DraftKind::Rewrite) return sentenceAt(cursor);
    const QTextBlock block = cursor.block();
    if (block.text().trimmed().isEmpty()) return blankParagraphs(block);
    return {cursor.position(), cursor.position()};
}

std::vector<TextRange> locksAround(const QTextDocument& document, DraftPlace place,
                                   const std::vector<QTextCursor>& open) {
    const auto bytesUntil = [&](int position) {
        return std::size_t(modelText(document, place.begin, position).toUtf8().size());
    };
    std::vector<TextRange> locks;
    std::size_t from = 0;
    const auto lockUntil = [&](std::size_t to) {
        if (from < to) locks.push_back({from, to});
    };
    for (const QTextCursor& word : open) {
        if (!word.hasSelection()) continue;
        int begin = word.selectionStart();
        if (begin > place.begin && document.characterAt(begin - 1).isSpace() &&
            document.characterAt(begin - 1) != QChar::ParagraphSeparator)
            --begin;
        lockUntil(bytesUntil(begin));
        from = bytesUntil(word.selectionEnd());
    }
    lockUntil(bytesUntil(place.end));
    return locks;
}

void Drafting::rewriteOnly(const QTextCursor& passage, const std::vector<Interval>& open) {
    if (!canStart() || open.empty()) return;
    std::vector<QTextCursor> words;
    for (const Interval& each : open) words.push_back(selected(passage.document(), int(each.begin), int(each.end)));
    startAt(DraftKind::Rewrite, passage, words);
}

// In the document it stands in: its own undo takes it back.
void Drafting::unpin(const ContextNote& passage) {
    m_desk.shelf.take(passage.node, this, [passage](Result<SceneShelf::Scene*> taken) {
        if (!taken) return;
        const Annotations& annotations = Annotations::of((*taken)->document);
        if (const std::optional<QTextCursor> words = pinnedWords(annotations, passage))
            setCarried(*words, Carried::Pin, {});
    });
}

void Drafting::goTo(const ContextNote& note) {
    Q_EMIT openAsked(note.node);
    if (note.passage.isEmpty()) return;
    m_desk.shelf.take(note.node, this, [this, note](Result<SceneShelf::Scene*> taken) {
        if (!taken || m_desk.editor.document() != &(*taken)->document) return;
        if (const auto words = pinnedWords(Annotations::of((*taken)->document), note)) {
            m_desk.editor.setTextCursor(*words);
            m_desk.editor.ensureCursorVisible();
        }
    });
}

} // namespace palimpsest
