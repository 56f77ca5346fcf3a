#include "ui/annotations/carried.h"

#include "app/document/words.h"
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
        QTextCursor piece(words.document());
        piece.setPosition(part.begin);
        piece.setPosition(part.end, QTextCursor::KeepAnchor);
        piece.setCharFormat(part.format);
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

QTextCursor wordsAt(const QTextCursor& cursor) {
    QTextCursor found = cursor;
    if (cursor.hasSelection()) return found;
    const QTextBlock block = cursor.block();
    const int at = cursor.positionInBlock();
    forEachWord(block.text(), [&](Interval word) {
        if (word.begin > at || (found.hasSelection() && word.begin == at)) return;
        found.setPosition(block.position() + int(word.begin));
        found.setPosition(block.position() + int(word.end), QTextCursor::KeepAnchor);
    });
    return found;
}

} // namespace palimpsest
