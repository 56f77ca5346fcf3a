// Where the words of a text are, as a writer counts them.
//
// Letters, digits and marks run together; one apostrophe or hyphen inside joins ("don't", "well-known"), as does one
// point or comma between digits ("3,000.5"). Ideographs and hiragana, written without spaces, count one by one.
#pragma once

#include <QStringView>
#include <vector>

namespace palimpsest {

// Half-open range of UTF-16 code units.
struct Interval {
    qsizetype begin = 0;
    qsizetype end = 0;
    bool operator==(const Interval&) const = default;
};

// Calls `found(Interval)` for every word, in order.
template<class Found>
void forEachWord(QStringView text, Found found);

// True for characters that are words by themselves: scripts written without spaces between words.
bool standsAlone(char32_t character);

namespace detail {
struct WordReader {
    QStringView text;
    qsizetype at = 0;
    // The next word from `at` on; an empty interval at the end of the text.
    Interval next();
};
} // namespace detail

template<class Found>
void forEachWord(QStringView text, Found found) {
    detail::WordReader reader{text};
    for (Interval word = reader.next(); word.end > word.begin; word = reader.next()) found(word);
}

} // namespace palimpsest
