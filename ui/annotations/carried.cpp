#include "ui/annotations/carried.h"

#include "app/document/words.h"
#include "app/services/draft_diff.h"
#include "ui/editor/scene_document.h"

#include <QSet>
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
    const Span* stood = nullptr;          // the word it was before
    std::vector<const Span*> inPlaceOf{}; // or those that went where it came
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

// Each word that stayed is told the one it was, each new one those it came in place of: the first of them where the
// first was, the last where the last was. Returns the new place of every word of before: of a word of `now`.
std::vector<std::size_t> pairUp(const std::vector<Run*>& now, const std::vector<Run>& before) {
    std::vector<const Span*> then;
    QStringList words;
    for (const Run& run : before)
        if (run.isWord) then.push_back(&run.span);
    for (const Run* run : now) words << run->span.text;
    const WordChanges changes = wordChanges(wordsOf(before), words);
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i <= now.size(); ++i) {
        const std::size_t begin = i, went = changes.removed[i].size();
        while (i < now.size() && changes.added[i]) ++i;
        const std::size_t came = i - begin;
        for (std::size_t each = 0; each < went; ++each) {
            places.push_back(came == 0 ? std::max<std::size_t>(begin, 1) - 1 : begin + each * came / went);
            const std::size_t end = begin + ((each + 1) * came + went - 1) / went;
            for (std::size_t word = begin + each * came / went; word < end; ++word)
                now[word]->inPlaceOf.push_back(then[places.size() - 1]);
        }
        if (i == now.size()) break;
        now[i]->stood = then[places.size()];
        places.push_back(i);
    }
    return places;
}

void takeShared(Span& span, const Span& before, const Span& behind) {
    if (before.comment == behind.comment) span.comment = before.comment;
    if (before.footnote == behind.footnote) span.footnote = before.footnote;
    if (before.link == behind.link) span.link = before.link;
    span.pinned = before.pinned && behind.pinned;
}

void takeWhereNone(Span& span, const Span& from) {
    for (const auto text : {&Span::comment, &Span::footnote, &Span::link})
        if ((span.*text).isEmpty()) span.*text = from.*text;
    span.pinned = span.pinned || from.pinned;
}

// What the writer wrote is on a word still, or comes to the one at its place.
void loseNothing(const std::vector<Run*>& now, const std::vector<Run>& before, const std::vector<std::size_t>& places) {
    if (now.empty()) return;
    for (const auto text : {&Span::comment, &Span::footnote}) {
        QSet<QString> there;
        for (const Run* run : now) there << run->span.*text;
        std::size_t word = 0;
        for (const Run& run : before) {
            if (!run.isWord) continue;
            const QString& written = run.span.*text;
            QString& put = now[places[word++]]->span.*text;
            if (written.isEmpty() || there.contains(written)) continue;
            there << written;
            put += put.isEmpty() ? written : u'\n' + written;
        }
    }
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
    std::vector<Run*> words;
    for (Run& run : now)
        if (run.isWord) words.push_back(&run);
    const std::vector<std::size_t> places = pairUp(words, then);
    std::vector<const Span*> nextStood(words.size());
    for (std::size_t i = words.size(); i-- > 0;)
        nextStood[i] = words[i]->stood || i + 1 == words.size() ? words[i]->stood : nextStood[i + 1];
    const Span* last = nullptr;
    for (std::size_t i = 0; i < words.size(); ++i) {
        if (words[i]->stood) last = words[i]->stood;
        if (last && nextStood[i]) takeShared(words[i]->span, *last, *nextStood[i]);
        for (const Span* each : words[i]->inPlaceOf) takeWhereNone(words[i]->span, *each);
    }
    loseNothing(words, then, places);
    for (Block& each : text.blocks) each.spans.clear();
    const Span* wordBefore = nullptr;
    auto next = words.begin();
    for (Run& run : now) {
        if (run.isWord) {
            wordBefore = &run.span;
            ++next;
        } else if (wordBefore && next != words.end()) {
            takeShared(run.span, *wordBefore, (*next)->span);
        }
    }
    for (const Run& run : now) {
        std::vector<Span>& spans = text.blocks[run.block].spans;
        if (!spans.empty() && spans.back().looksLike(run.span))
            spans.back().text += run.span.text;
        else
            spans.push_back(run.span);
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
