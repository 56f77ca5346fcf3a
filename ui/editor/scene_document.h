// SceneText in a QTextDocument and back: marks as ordinary formats, provenance and block kinds as user properties.
//
// UI thread. Reading is cheap after small edits: every block keeps its converted form, and its words, until it is
// touched.
#pragma once

#include "app/document/scene_text.h"

#include <QTextBlock>
#include <QTextCharFormat>
#include <QTextCursor>
#include <QTextDocument>

namespace palimpsest {

enum SceneProperty {
    kProvenanceProperty = QTextFormat::UserProperty + 1, // Provenance; absent = Typed
    kDraftProperty,                                      // qint64; absent = none
    kBlockKindProperty,                                  // BlockKind; absent = Paragraph
    kHeadingLevelProperty,                               // 1 … 4; list items too
    kLinkProperty,                                       // QString, as the next two; absent = none
    kCommentProperty,
    kFootnoteProperty,
    kPinnedProperty, // bool
};

QTextCharFormat formatOf(const Marks& marks, Provenance provenance = Provenance::Typed, qint64 draft = 0);
QTextCharFormat formatOf(const Span& span); // with all that hangs on it
Marks marksOf(const QTextCharFormat& format);
Provenance provenanceOf(const QTextCharFormat& format);
QTextCharFormat withoutProvenance(QTextCharFormat format);

QTextBlockFormat blockFormatOf(BlockKind kind, int level = 0);
BlockKind kindOf(const QTextBlock& block);
int headingLevelOf(const QTextBlock& block);
bool isListItem(const QTextBlock& block);
int listLevelOf(const QTextBlock& block);  // 1 …; of other blocks 0
int listNumberOf(const QTextBlock& block); // of a numbered item, from 1: costs a step for each item before it

// Replaces everything; the undo history is emptied.
void fillDocument(QTextDocument& document, const SceneText& text);

// Inserts at the cursor, in place of its selection: the first and last block join what is there, those between become
// blocks of their own. One undo step.
void insertSceneText(QTextCursor& cursor, const SceneText& text);

Block readBlock(const QTextBlock& block);
SceneText readDocument(const QTextDocument& document);
SceneText readSelection(const QTextCursor& cursor); // as it would be read if it stood alone

// [begin, end) of the document, selected.
QTextCursor selected(QTextDocument* document, int begin, int end);

// Reads anew the blocks an edit touched: connect to QTextDocument::contentsChange.
void refreshBlocks(QTextDocument& document, int position, int added);

// Does in `copy`, which was the same as `source`, what was just done in `source`: connect to its contentsChange, behind
// refreshBlocks(). Costs what the paragraphs it touches cost.
void repeatEdit(const QTextDocument& source, QTextDocument& copy, int position, int removed, int added);

// Words of the whole document, without reading it: of one that was filled by fillDocument() and whose edits were told
// to refreshBlocks().
int wordsOf(const QTextDocument& document);

// Paragraphs of plain text: lines, empty ones left out; all with this provenance.
SceneText paragraphsOf(const QString& plain, Provenance provenance = Provenance::Typed, qint64 draft = 0);

// Plain text as the model reads it: paragraphs with an empty line between them.
QString modelText(const SceneText& text);
QString modelText(const QTextDocument& document, int begin, int end);

} // namespace palimpsest
