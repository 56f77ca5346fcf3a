#include "app/document/provenance.h"

#include <algorithm>

namespace palimpsest {
namespace {

bool endsSentence(QChar c) {
    return c == u'.' || c == u'!' || c == u'?' || c == u'\u2026';
}

bool endsSentenceWithoutSpace(QChar c) {
    return c == u'\u3002' || c == u'\uFF01' || c == u'\uFF1F'; // the East Asian full stop, ! and ?
}

bool closes(QChar c) {
    const QChar::Category category = c.category();
    return c == u'"' || c == u'\'' || category == QChar::Punctuation_Close || category == QChar::Punctuation_FinalQuote;
}

// Whether a sentence ends directly before `at`, counting the spaces that follow it to it.
bool sentenceStartsAt(QStringView text, qsizetype at) {
    if (at <= 0 || (at < text.size() && text[at].isSpace())) return at <= 0;
    qsizetype before = at;
    while (before > 0 && text[before - 1].isSpace()) --before;
    const bool spaced = before < at;
    while (before > 0 && closes(text[before - 1])) --before;
    if (before == 0) return false;
    return endsSentenceWithoutSpace(text[before - 1]) || (spaced && endsSentence(text[before - 1]));
}

void append(std::vector<Span>& spans, Span span) {
    if (span.text.isEmpty()) return;
    if (!spans.empty()) {
        Span& last = spans.back();
        if (last.looksLike(span)) {
            last.text += span.text;
            return;
        }
    }
    spans.push_back(std::move(span));
}

// The part [begin, end) of the spans, appended to `out`.
void appendPart(std::vector<Span>& out, const std::vector<Span>& spans, Interval part) {
    qsizetype at = 0;
    for (const Span& span : spans) {
        const qsizetype from = std::max(part.begin - at, qsizetype(0));
        const qsizetype to = std::min(part.end - at, span.text.size());
        if (from < to) {
            Span piece = span;
            piece.text = span.text.mid(from, to - from);
            append(out, std::move(piece));
        }
        at += span.text.size();
    }
}

// The span of the character before `at`, and of the one at `at`; null at the edges of the block.
const Span* spanOfCharacter(const Block& block, qsizetype at) {
    if (at < 0) return nullptr;
    for (const Span& span : block.spans) {
        if (at < span.text.size()) return &span;
        at -= span.text.size();
    }
    return nullptr;
}

// What is put into a range with a link, comment, footnote or pin belongs to it: in place of words of it, or between.
void inheritWhatItCarries(Span& inserted, const Block& block, qsizetype position, qsizetype removed) {
    const Span* before = spanOfCharacter(block, removed > 0 ? position : position - 1);
    const Span* behind = spanOfCharacter(block, position);
    if (!before || !behind) return;
    if (before->link == behind->link) inserted.link = behind->link;
    if (before->comment == behind->comment) inserted.comment = behind->comment;
    if (before->footnote == behind->footnote) inserted.footnote = behind->footnote;
    inserted.pinned = before->pinned && behind->pinned;
}

} // namespace

Interval sentenceAround(QStringView text, qsizetype position) {
    position = std::clamp(position, qsizetype(0), text.size());
    Interval sentence{position, position};
    while (!sentenceStartsAt(text, sentence.begin)) --sentence.begin;
    if (sentence.end < text.size()) ++sentence.end;
    while (sentence.end < text.size() && !sentenceStartsAt(text, sentence.end)) ++sentence.end;
    return sentence;
}

std::optional<Interval> editedSentence(const Block& after, qsizetype position, qsizetype added) {
    const Span* before = spanOfCharacter(after, position - 1);
    const Span* behind = spanOfCharacter(after, position + added);
    if (!before || !behind || before->provenance != Provenance::Drafted || behind->provenance != Provenance::Drafted)
        return std::nullopt;
    const QString text = after.plain();
    // From the sentence of the last character before the edit to that of the first one after it.
    const Interval first = sentenceAround(text, position - 1);
    const Interval last = sentenceAround(text, position + added);
    // Between two sentences nothing of either changed.
    if (sentenceStartsAt(text, position + added) && added == 0) return std::nullopt;
    return Interval{first.begin, last.end};
}

Block applyEdit(const Block& block, const BlockEdit& edit) {
    const qsizetype length = block.plain().size();
    const qsizetype position = std::clamp(edit.position, qsizetype(0), length);
    const qsizetype removed = std::clamp(edit.removed, qsizetype(0), length - position);
    Block after{block.kind, block.level, {}};
    appendPart(after.spans, block.spans, {0, position});
    Span inserted{edit.inserted, edit.marks, Provenance::Typed, 0};
    inheritWhatItCarries(inserted, block, position, removed);
    append(after.spans, std::move(inserted));
    appendPart(after.spans, block.spans, {position + removed, length});
    if (removed == 0 && edit.inserted.isEmpty()) return after;
    const auto sentence = editedSentence(after, position, edit.inserted.size());
    if (!sentence) return after;
    Block marked{block.kind, block.level, {}};
    appendPart(marked.spans, after.spans, {0, sentence->begin});
    std::vector<Span> inside;
    appendPart(inside, after.spans, *sentence);
    for (Span& span : inside) {
        if (span.provenance == Provenance::Drafted) span.provenance = Provenance::Edited;
        append(marked.spans, std::move(span));
    }
    appendPart(marked.spans, after.spans, {sentence->end, length - removed + edit.inserted.size()});
    return marked;
}

} // namespace palimpsest
