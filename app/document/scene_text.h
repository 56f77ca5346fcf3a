// The text of one scene or note: blocks of spans, each span with its marks and where its words came from.
//
// Plain values, Qt Core only. Offsets are UTF-16 code units, as everywhere in Qt.
#pragma once

#include "engine/base/result.h"

#include <QByteArray>
#include <QString>
#include <vector>

namespace palimpsest {

enum class Provenance : quint8 { // values are on disk: only ever added to
    Typed = 0,
    Drafted = 1, // accepted from the model, untouched
    Edited = 2,  // drafted, then changed by the writer
    Imported = 3,
};

enum class BlockKind : quint8 { Paragraph = 0, Heading = 1, Quote = 2, SceneBreak = 3, Bullet = 4, Numbered = 5 };
constexpr int kLastBlockLevel = 4; // of headings, and of the depth of lists

// Headings and list items have a level, 1 … kLastBlockLevel; all others 0.
bool hasLevel(BlockKind kind);

struct Marks {
    bool bold = false, italic = false, underline = false, strike = false;
    bool operator==(const Marks&) const = default;
};

struct Span {
    QString text; // no line breaks
    Marks marks;
    Provenance provenance = Provenance::Typed;
    qint64 draft = 0; // id of the draft in the project it came from; 0 = none
    // What hangs on these words, with its own contents: so it goes wherever they go, through cut, paste, undo, split
    // and merge. Neighbouring spans with the same one are one range. Plain text; may hold line breaks.
    QString link = {};     // an address
    QString comment = {};  // the writer's, never printed
    QString footnote = {}; // its number stands after the last of the words
    bool pinned = false;   // part of every draft's context, from any distance
    bool operator==(const Span&) const = default;

    // True when the two differ in their words only: next to each other they are one span.
    bool looksLike(const Span& other) const;
};

struct Block {
    BlockKind kind = BlockKind::Paragraph;
    int level = 0; // see hasLevel()
    QString plain() const;
    std::vector<Span> spans;
    bool operator==(const Block&) const = default;
};

struct SceneText {
    std::vector<Block> blocks;

    QString plain() const; // blocks joined by '\n'
    bool operator==(const SceneText&) const = default;
};

// Words as a writer counts them: runs of letters and digits, with inner apostrophes and hyphens, by Unicode rules.
int countWords(QStringView text);

// Share of words per provenance, for the report.
struct ProvenanceReport {
    int words = 0, typed = 0, drafted = 0, edited = 0, imported = 0;
};
ProvenanceReport reportProvenance(const SceneText& text);

// Pinned passages with words in them, in order, trimmed: neighbouring pinned spans are one, over paragraphs too.
std::vector<QString> pinnedPassages(const SceneText& text);

// The stored form (app/storage/project_format.md). Reading checks everything; unknown fields are kept out, unknown
// kinds read as Paragraph and Typed.
QByteArray toStored(const SceneText& text);
Result<SceneText> fromStored(const QByteArray& bytes);

} // namespace palimpsest
