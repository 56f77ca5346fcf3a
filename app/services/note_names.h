// What a note is called in the text of scenes: its @tags, its title and its other names. Pure functions and values.
//
// A note declares a tag by an @name in its title, or in a paragraph of nothing but @names. Its title without tags is a
// name, as are those of a paragraph that begins with "Also:" (or "Also called:"), separated by commas. A tag is a run
// of letters, digits, - and _; case does not matter to it. A name is found as whole words in its own case, but for a
// beginning "The", "A" or "An", which may be small; one of less than three letters is none.
#pragma once

#include "app/document/scene_text.h"
#include "app/document/words.h"

#include <QHash>
#include <QRegularExpression>
#include <QStringList>
#include <vector>

namespace palimpsest {

struct NoteNames {
    QStringList tags;  // without the @, as written
    QStringList names; // other than tags
    bool operator==(const NoteNames&) const = default;
};

NoteNames namesOf(const QString& title, const SceneText& text);

// The @tag around `position` of a paragraph, from its @ on; empty when there is none. With `begun`, only one that ends
// at `position`, perhaps without a letter yet: what is being typed.
Interval tagAt(QStringView paragraph, qsizetype position, bool begun = false);

// Finds which notes a text mentions. Immutable once made; may be copied to other threads.
class MentionFinder {
public:
    struct Mention {
        qint64 note = 0;
        Interval place;
        bool operator==(const Mention&) const = default;
    };

    MentionFinder() = default;
    // The first of two notes with the same name has it.
    explicit MentionFinder(const std::vector<std::pair<qint64, NoteNames>>& notes);

    std::vector<Mention> find(const QString& paragraph) const; // in order
    std::vector<qint64> notesIn(const QString& text) const;    // each once, in the order of the first mention

private:
    QRegularExpression m_expression;
    QHash<QString, qint64> m_notes; // by @tag in lower case, or by name
};

// A pattern for a search of the project that finds every mention of one note; empty when it has no name.
QString mentionPattern(const NoteNames& names);

} // namespace palimpsest
