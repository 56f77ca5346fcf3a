#include "ui/editor/scene_document.h"

#include <QTextBlockUserData>
#include <algorithm>
#include <memory>

namespace palimpsest {
namespace {

// The words of a document's kept blocks. A block that is deleted takes its own along.
struct WordTally : QObject {
    explicit WordTally(QTextDocument* document) : QObject(document) {}
    std::shared_ptr<int> words = std::make_shared<int>(0); // outlives this: blocks die after their document's children
};

std::shared_ptr<int> tallyOf(const QTextDocument& document) {
    for (QObject* child : document.children())
        if (auto* tally = dynamic_cast<WordTally*>(child)) return tally->words;
    return (new WordTally(const_cast<QTextDocument*>(&document)))->words;
}

struct KeptBlock : QTextBlockUserData {
    KeptBlock(Block kept, std::shared_ptr<int> documentWords)
        : block(std::move(kept)), words(countWords(block.plain())), tally(std::move(documentWords)) {
        *tally += words;
    }
    ~KeptBlock() override { *tally -= words; }
    KeptBlock(const KeptBlock&) = delete;
    KeptBlock& operator=(const KeptBlock&) = delete;

    Block block;
    int words;
    std::shared_ptr<int> tally;
};

void appendSpan(Block& block, const QString& text, const QTextCharFormat& format) {
    if (text.isEmpty()) return;
    Span span{text,
              marksOf(format),
              provenanceOf(format),
              format.property(kDraftProperty).toLongLong(),
              format.stringProperty(kLinkProperty),
              format.stringProperty(kCommentProperty),
              format.stringProperty(kFootnoteProperty),
              format.boolProperty(kPinnedProperty)};
    span.text.replace(QChar::LineSeparator, u' ');
    span.text.remove(QChar::ObjectReplacementCharacter);
    if (!block.spans.empty()) {
        Span& last = block.spans.back();
        if (last.looksLike(span)) {
            last.text += span.text;
            return;
        }
    }
    block.spans.push_back(std::move(span));
}

// The part [begin, end) of a block, in its own offsets.
Block readPart(const QTextBlock& source, int begin, int end) {
    Block block{kindOf(source), headingLevelOf(source), {}};
    for (auto it = source.begin(); !it.atEnd(); ++it) {
        const QTextFragment fragment = it.fragment();
        const int start = fragment.position() - source.position();
        const int from = std::max(begin, start), to = std::min(end, start + fragment.length());
        if (from < to) appendSpan(block, fragment.text().mid(from - start, to - from), fragment.charFormat());
    }
    return block;
}

void insertSpans(QTextCursor& cursor, const Block& block) {
    for (const Span& span : block.spans) cursor.insertText(span.text, formatOf(span));
}

} // namespace

QTextCharFormat formatOf(const Marks& marks, Provenance provenance, qint64 draft) {
    QTextCharFormat format;
    if (marks.bold) format.setFontWeight(QFont::Bold);
    if (marks.italic) format.setFontItalic(true);
    if (marks.underline) format.setFontUnderline(true);
    if (marks.strike) format.setFontStrikeOut(true);
    if (provenance != Provenance::Typed) format.setProperty(kProvenanceProperty, int(provenance));
    if (draft) format.setProperty(kDraftProperty, draft);
    return format;
}

QTextCharFormat formatOf(const Span& span) {
    QTextCharFormat format = formatOf(span.marks, span.provenance, span.draft);
    if (!span.link.isEmpty()) format.setProperty(kLinkProperty, span.link);
    if (!span.comment.isEmpty()) format.setProperty(kCommentProperty, span.comment);
    if (!span.footnote.isEmpty()) format.setProperty(kFootnoteProperty, span.footnote);
    if (span.pinned) format.setProperty(kPinnedProperty, true);
    return format;
}

Marks marksOf(const QTextCharFormat& format) {
    return {format.fontWeight() >= QFont::DemiBold, format.fontItalic(), format.fontUnderline(),
            format.fontStrikeOut()};
}

Provenance provenanceOf(const QTextCharFormat& format) {
    return Provenance(format.intProperty(kProvenanceProperty));
}

QTextCharFormat withoutProvenance(QTextCharFormat format) {
    format.clearProperty(kProvenanceProperty);
    format.clearProperty(kDraftProperty);
    return format;
}

QTextBlockFormat blockFormatOf(BlockKind kind, int level) {
    QTextBlockFormat format;
    if (kind != BlockKind::Paragraph) format.setProperty(kBlockKindProperty, int(kind));
    if (hasLevel(kind)) format.setProperty(kHeadingLevelProperty, level);
    return format;
}

BlockKind kindOf(const QTextBlock& block) {
    return BlockKind(block.blockFormat().intProperty(kBlockKindProperty));
}

int headingLevelOf(const QTextBlock& block) {
    return block.blockFormat().intProperty(kHeadingLevelProperty);
}

bool isListItem(const QTextBlock& block) {
    const BlockKind kind = kindOf(block);
    return kind == BlockKind::Bullet || kind == BlockKind::Numbered;
}

int listLevelOf(const QTextBlock& block) {
    return isListItem(block) ? std::clamp(headingLevelOf(block), 1, kLastBlockLevel) : 0;
}

int listNumberOf(const QTextBlock& block) {
    const int level = listLevelOf(block);
    int number = 1;
    for (QTextBlock before = block.previous(); listLevelOf(before) >= level; before = before.previous()) {
        if (listLevelOf(before) > level) continue; // hangs under one of ours
        if (kindOf(before) != BlockKind::Numbered) break;
        ++number;
    }
    return number;
}

void fillDocument(QTextDocument& document, const SceneText& text) {
    document.setUndoRedoEnabled(false);
    document.clear();
    QTextCursor cursor(&document);
    cursor.beginEditBlock();
    bool first = true;
    for (const Block& block : text.blocks) {
        if (first)
            cursor.setBlockFormat(blockFormatOf(block.kind, block.level));
        else
            cursor.insertBlock(blockFormatOf(block.kind, block.level), QTextCharFormat());
        insertSpans(cursor, block);
        first = false;
    }
    cursor.endEditBlock();
    refreshBlocks(document, 0, document.characterCount());
    document.setUndoRedoEnabled(true);
    document.setModified(false);
}

void insertSceneText(QTextCursor& cursor, const SceneText& text) {
    cursor.beginEditBlock();
    cursor.removeSelectedText();
    const bool intoEmpty = cursor.block().length() == 1;
    bool first = true;
    for (const Block& block : text.blocks) {
        if (!first)
            cursor.insertBlock(blockFormatOf(block.kind, block.level), QTextCharFormat());
        else if (intoEmpty && block.kind != BlockKind::Paragraph)
            cursor.setBlockFormat(blockFormatOf(block.kind, block.level));
        insertSpans(cursor, block);
        first = false;
    }
    cursor.endEditBlock();
}

Block readBlock(const QTextBlock& block) {
    if (const auto* kept = static_cast<const KeptBlock*>(block.userData())) return kept->block;
    Block read = readPart(block, 0, block.length());
    QTextBlock(block).setUserData(new KeptBlock(read, tallyOf(*block.document())));
    return read;
}

SceneText readDocument(const QTextDocument& document) {
    SceneText text;
    text.blocks.reserve(std::size_t(document.blockCount()));
    for (QTextBlock block = document.begin(); block.isValid(); block = block.next())
        text.blocks.push_back(readBlock(block));
    if (text.blocks.size() == 1 && text.blocks[0] == Block{}) text.blocks.clear();
    return text;
}

SceneText readSelection(const QTextCursor& cursor) {
    SceneText text;
    if (!cursor.hasSelection()) return text;
    const int begin = cursor.selectionStart(), end = cursor.selectionEnd();
    for (QTextBlock block = cursor.document()->findBlock(begin); block.isValid() && block.position() <= end;
         block = block.next())
        text.blocks.push_back(readPart(block, std::max(0, begin - block.position()), end - block.position()));
    return text;
}

QTextCursor selected(QTextDocument* document, int begin, int end) {
    QTextCursor cursor(document);
    cursor.setPosition(begin);
    cursor.setPosition(end, QTextCursor::KeepAnchor);
    return cursor;
}

void refreshBlocks(QTextDocument& document, int position, int added) {
    const int end = position + added;
    for (QTextBlock block = document.findBlock(position); block.isValid() && block.position() <= end;
         block = block.next()) {
        block.setUserData(nullptr);
        readBlock(block);
    }
}

void repeatEdit(const QTextDocument& source, QTextDocument& copy, int position, int removed, int added) {
    const int last = copy.characterCount() - 1; // Qt counts the end of the document in, or not
    const QTextBlock first = copy.findBlock(std::min(position, last));
    const QTextBlock end = copy.findBlock(std::min(position + removed, last));
    QTextCursor cursor = selected(&copy, first.position(), end.position() + end.length() - 1);
    SceneText text;
    for (QTextBlock block = source.findBlock(first.position()); block.isValid() && block.position() <= position + added;
         block = block.next())
        text.blocks.push_back(readBlock(block));
    cursor.beginEditBlock();
    cursor.removeSelectedText();
    if (!text.blocks.empty()) cursor.setBlockFormat(blockFormatOf(text.blocks[0].kind, text.blocks[0].level));
    insertSceneText(cursor, text);
    cursor.endEditBlock();
}

int wordsOf(const QTextDocument& document) {
    return *tallyOf(document);
}

SceneText paragraphsOf(const QString& plain, Provenance provenance, qint64 draft) {
    SceneText text;
    QString lines = plain;
    lines.replace("\r\n", "\n").replace(u'\r', u'\n').replace(QChar::ParagraphSeparator, u'\n');
    const QStringList parts = lines.split(u'\n');
    for (qsizetype i = 0; i < parts.size(); ++i) {
        // Line breaks at either end are kept as an empty block: they part the text from what stands there already.
        const bool end = i == 0 || i == parts.size() - 1;
        if (parts[i].isEmpty() && !end) continue;
        Block block;
        if (!parts[i].isEmpty()) block.spans.push_back({parts[i], {}, provenance, draft});
        text.blocks.push_back(std::move(block));
    }
    return text;
}

QString modelText(const SceneText& text) {
    QString plain;
    for (const Block& block : text.blocks) {
        QString line;
        for (const Span& span : block.spans) line += span.text;
        if (block.kind == BlockKind::SceneBreak) line = QStringLiteral("* * *");
        if (line.isEmpty()) continue;
        if (!plain.isEmpty()) plain += QStringLiteral("\n\n");
        plain += line;
    }
    return plain;
}

QString modelText(const QTextDocument& document, int begin, int end) {
    QString plain;
    const QTextBlock first = document.findBlock(begin);
    for (QTextBlock block = first; block.isValid() && block.position() <= end; block = block.next()) {
        const int from = std::max(0, begin - block.position());
        const int to = std::min(block.length() - 1, end - block.position());
        if (block != first && !plain.endsWith(QStringLiteral("\n\n"))) plain += QStringLiteral("\n\n");
        plain += kindOf(block) == BlockKind::SceneBreak ? QStringLiteral("* * *") : block.text().mid(from, to - from);
    }
    return plain;
}

} // namespace palimpsest
