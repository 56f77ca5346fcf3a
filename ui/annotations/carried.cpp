#include "ui/annotations/carried.h"

#include "app/document/words.h"
#include "app/services/draft_diff.h"
#include "ui/editor/scene_document.h"

#include <vector>

namespace palimpsest {
namespace {

constexpr SceneProperty kProperties[] = {kCommentProperty, kFootnoteProperty, kLinkProperty, kPinnedProperty};

SceneProperty propertyOf(Carried kind) {
    return kProperties[int(kind)];
}

// Of the character before `position`, which is not the first of its block.
QTextCharFormat formatBefore(const QTextDocument& document, int position) {
    QTextCursor cursor(const_cast<QTextDocument*>(&document)); // only read
    cursor.setPosition(position);
    return cursor.charFormat();
}

bool continuesWord(const QString& typed, QChar before) {
    return !typed.isEmpty() && typed.front().isLetterOrNumber() && before.isLetterOrNumber();
}

// A word, a mark of punctuation or a run of spaces, within a span.
struct Run {
    Span span;
    std::size_t block = 0;
    bool isWord = false;
    const Span* stood = nullptr; // the word it was before
};

std::vector<Run> runsOf(const SceneText& text) {
    std::vector<Run> runs;
    for (std::size_t block = 0; block < text.blocks.size(); ++block) {
        for (const Span& span : text.blocks[block].spans) {
            for (qsizetype at = 0, end = 0; at < span.text.size(); at = end) {
                const bool space = span.text[at].isSpace(), letter = span.text[at].isLetterOrNumber();
                for (end = at + 1; (space || letter) && end < span.text.size(); ++end)
                    if (span.text[end].isSpace() != space || span.text[end].isLetterOrNumber() != letter) break;
                Run run{span, block, !space, nullptr};
                run.span.text = span.text.mid(at, end - at);
                runs.push_back(std::move(run));
            }
        }
    }
    return runs;
}

QStringList wordsOf(const std::vector<Run>& runs) {
    QStringList words;
    for (const Run& run : runs)
        if (run.isWord) words << run.span.text;
    return words;
}

// Each word that stayed is told the one it was.
void pairUp(std::vector<Run>& now, const std::vector<Run>& before) {
    const WordChanges changes = wordChanges(wordsOf(before), wordsOf(now));
    std::vector<const Span*> stayed;
    for (const Run& run : before)
        if (run.isWord) stayed.push_back(&run.span);
    for (const auto& gone : changes.removed)
        for (const int word : gone) stayed[std::size_t(word)] = nullptr;
    std::erase(stayed, nullptr);
    std::size_t word = 0, next = 0;
    for (Run& run : now)
        if (run.isWord && !changes.added[word++] && next < stayed.size()) run.stood = stayed[next++];
}

void takeShared(Span& span, const Span& before, const Span& behind) {
    if (before.comment == behind.comment) span.comment = before.comment;
    if (before.footnote == behind.footnote) span.footnote = before.footnote;
    if (before.link == behind.link) span.link = before.link;
    span.pinned = before.pinned && behind.pinned;
}

struct Part {
    int begin = 0, end = 0;
    QTextCharFormat format;
};

// The pieces of the selection with a format each: first found, then changed, since changing splits fragments.
std::vector<Part> partsOf(const QTextCursor& words) {
    std::vector<Part> parts;
    const int begin = words.selectionStart(), end = words.selectionEnd();
    for (QTextBlock block = words.document()->findBlock(begin); block.isValid() && block.position() < end;
         block = block.next()) {
        for (auto it = block.begin(); !it.atEnd(); ++it) {
            const QTextFragment fragment = it.fragment();
            const int from = std::max(begin, fragment.position());
            const int to = std::min(end, fragment.position() + fragment.length());
            if (from < to) parts.push_back({from, to, fragment.charFormat()});
        }
    }
    return parts;
}

} // namespace

QString carriedText(const QTextCharFormat& format, Carried kind) {
    if (kind == Carried::Pin) return format.boolProperty(kPinnedProperty) ? QStringLiteral("1") : QString();
    return format.stringProperty(propertyOf(kind));
}

void setCarried(const QTextCursor& words, Carried kind, const QString& text, bool joined) {
    QTextCursor cursor = words;
    if (joined)
        cursor.joinPreviousEditBlock();
    else
        cursor.beginEditBlock();
    for (Part& part : partsOf(words)) {
        if (carriedText(part.format, kind) == text) continue;
        if (text.isEmpty())
            part.format.clearProperty(propertyOf(kind));
        else
            part.format.setProperty(propertyOf(kind), kind == Carried::Pin ? QVariant(true) : QVariant(text));
        selected(words.document(), part.begin, part.end).setCharFormat(part.format);
    }
    cursor.endEditBlock();
}

QTextCharFormat carriedFor(const QTextCursor& cursor, const QString& typed) {
    const QTextDocument& document = *cursor.document();
    const int begin = cursor.selectionStart();
    const QTextBlock block = document.findBlock(begin);
    const bool hasBehind = begin + 1 < block.position() + block.length();
    const bool hasBefore = begin > block.position();
    QTextCharFormat shared;
    const auto take = [&shared](const QTextCharFormat& from, SceneProperty property) {
        if (from.hasProperty(property)) shared.setProperty(property, from.property(property));
    };
    if (cursor.hasSelection()) {
        if (!hasBehind) return shared;
        const QTextCharFormat replaced = formatBefore(document, begin + 1);
        for (const SceneProperty property : kProperties) take(replaced, property);
        return shared;
    }
    if (!hasBefore) return shared;
    const QTextCharFormat before = formatBefore(document, begin);
    const bool same = continuesWord(typed, document.characterAt(begin - 1));
    const QTextCharFormat behind = hasBehind ? formatBefore(document, begin + 1) : QTextCharFormat();
    for (const SceneProperty property : kProperties)
        if (same || before.property(property) == behind.property(property)) take(before, property);
    return shared;
}

QTextCharFormat carriedAround(const QTextCursor& cursor) {
    QTextCharFormat shared = carriedFor(cursor, {});
    if (!cursor.hasSelection()) return shared;
    const QTextCharFormat last = formatBefore(*cursor.document(), cursor.selectionEnd());
    for (const SceneProperty property : kProperties)
        if (shared.property(property) != last.property(property)) shared.clearProperty(property);
    return shared;
}

QTextCharFormat withCarried(QTextCharFormat format, const QTextCharFormat& carried) {
    for (const SceneProperty property : kProperties) {
        if (carried.hasProperty(property))
            format.setProperty(property, carried.property(property));
        else
            format.clearProperty(property);
    }
    return format;
}

void carry(SceneText& text, const QTextCharFormat& carried) {
    if (carried.propertyCount() == 0) return;
    const auto fill = [](QString& own, const QString& shared) {
        if (own.isEmpty()) own = shared;
    };
    for (Block& block : text.blocks) {
        for (Span& span : block.spans) {
            fill(span.comment, carriedText(carried, Carried::Comment));
            fill(span.footnote, carriedText(carried, Carried::Footnote));
            fill(span.link, carriedText(carried, Carried::Link));
            span.pinned = span.pinned || carried.boolProperty(kPinnedProperty);
        }
    }
}

void keepCarried(SceneText& text, const SceneText& before) {
    std::vector<Run> now = runsOf(text);
    const std::vector<Run> then = runsOf(before);
    pairUp(now, then);
    const Span* behind = nullptr;
    std::vector<const Span*> nextStood(now.size());
    for (std::size_t i = now.size(); i-- > 0;) nextStood[i] = behind = now[i].stood ? now[i].stood : behind;
    const Span* last = nullptr;
    for (Block& each : text.blocks) each.spans.clear();
    for (std::size_t i = 0; i < now.size(); ++i) {
        Run& run = now[i];
        if (run.stood) last = run.stood;
        if (last && nextStood[i]) takeShared(run.span, *last, *nextStood[i]);
        std::vector<Span>& spans = text.blocks[run.block].spans;
        if (!spans.empty() && spans.back().looksLike(run.span))
            spans.back().text += run.span.text;
        else
            spans.push_back(std::move(run.span));
    }
}

QTextCursor wordsAt(const QTextCursor& cursor) {
    QTextCursor found = cursor;
    if (cursor.hasSelection()) return found;
    const QTextBlock block = cursor.block();
    const int at = cursor.positionInBlock();
    forEachWord(block.text(), [&](Interval word) {
        if (word.begin > at || (found.hasSelection() && word.begin == at)) return;
        found = selected(cursor.document(), block.position() + int(word.begin), block.position() + int(word.end));
    });
    return found;
}

} // namespace palimpsest
