// What hangs on words of a document: comments, footnotes, links, pins. Reading it off formats, and changing it.
//
// UI thread. It is part of the text's formats (scene_document.h), so undo, the clipboard, splitting and merging keep it,
// and neither counts nor the model, which read the words, know of it.
#pragma once

#include "app/document/scene_text.h"

#include <QTextCharFormat>
#include <QTextCursor>

namespace palimpsest {

enum class Carried { Comment, Footnote, Link, Pin };

// Its contents on words of this format; empty = none. Of a pin: "1".
QString carriedText(const QTextCharFormat& format, Carried kind);

// Hangs `text` on the selected words, instead of what hung there; empty takes it away. One undo step, or part of the one
// before, as `joined` says. Contents are plain text; those of a pin count only as empty or not.
void setCarried(const QTextCursor& words, Carried kind, const QString& text, bool joined = false);

// What `typed` shares when it is put in at the cursor, in place of its selection: what hangs on the words it replaces, or
// on both sides of it, or on the word it goes on writing. A format with nothing else in it.
QTextCharFormat carriedFor(const QTextCursor& cursor, const QString& typed);
// The same of a text that is put in there: what hangs on both ends of the selection, or on both sides of the cursor.
QTextCharFormat carriedAround(const QTextCursor& cursor);
QTextCharFormat withCarried(QTextCharFormat format, const QTextCharFormat& carried);
void carry(SceneText& text, const QTextCharFormat& carried); // on spans which have nothing of the kind themselves
// Words of `text` that stood in `before`, in the same order, keep what hung on them; so does what is new between two of
// them with the same. What hung on words that went hangs on those that came in their place. A comment or footnote none
// came for goes to the word before, or after, joined with what hangs there: it is lost only when no word is left.
void keepCarried(SceneText& text, const SceneText& before);

// The words a command without a selection is about: the one at the cursor, or the last before it in the paragraph.
// Without a selection when there is none.
QTextCursor wordsAt(const QTextCursor& cursor);

} // namespace palimpsest
