// Finding words or a pattern in a paragraph, and what they are replaced by: the search of the scene and of the project.
//
// Plain values, Qt Core only; a compiled search is immutable and may be copied to, and used from, other threads. Works
// on one paragraph at a time: ^ and $ are its ends, and no match crosses them. Offsets are UTF-16 code units.
//
// Without `regex` a straight quote or apostrophe also finds its curly forms and a space a no-break space, so that what
// smart punctuation made is found by what is on the keyboard.
#pragma once

#include "app/document/words.h"
#include "engine/base/result.h"

#include <QRegularExpression>
#include <QString>

namespace palimpsest {

struct SearchQuery {
    QString pattern;
    bool regex = false;     // a Perl-compatible regular expression
    bool wholeWord = false; // begins and ends at the edge of a word: "Marta" in "Marta's", not in "Martas"
    bool matchCase = false;
    bool operator==(const SearchQuery&) const = default;
};

struct Replacement {
    QString text; // of a regex: \1 … \9 or $1 … $9 are its groups, \0 or $0 the match, \\ and $$ themselves
    bool preserveCase = false; // MARTA -> ANNA, Marta -> Anna, marta -> anna, Second Buoy -> Third Boat
};

class TextSearch {
public:
    TextSearch() = default; // finds nothing, as does an empty pattern

    // InvalidArgument for a pattern that is none, with one sentence that says where it goes wrong.
    static Result<TextSearch> compile(const SearchQuery& query);

    bool findsNothing() const { return m_expression.pattern().isEmpty(); }

    // Every match, in order; none overlap, none is empty. Unsupported (one sentence) when the pattern needs more steps
    // than a limit that keeps one paragraph within a fraction of a second.
    Result<std::vector<Interval>> find(const QString& paragraph) const;

    // What takes the place of `match`, one of those that find() gave for this paragraph.
    QString replacementFor(const QString& paragraph, Interval match, const Replacement& with) const;

private:
    QRegularExpression m_expression;
    bool m_regex = false;
};

} // namespace palimpsest
