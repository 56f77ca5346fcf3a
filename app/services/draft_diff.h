// What two short texts have in common, word by word. Pure.
#pragma once

#include <QString>
#include <vector>

namespace palimpsest {

struct DiffPiece {
    enum class Kind { Same, Removed, Added };
    Kind kind = Kind::Same;
    QString text; // a word with its punctuation and the spaces behind it
    bool operator==(const DiffPiece&) const = default;
};

// Words that differ in nothing but the spaces behind them are the same. Read without Removed it is `after`, spaces at
// its beginning left out.
std::vector<DiffPiece> wordDiff(const QString& before, const QString& after);

// The same for words already cut: which of `after` are new, and which of `before` were taken out before each of them
// (the last entry: behind the last one).
struct WordChanges {
    std::vector<bool> added;               // by word of `after`
    std::vector<std::vector<int>> removed; // words of `before`, after.size() + 1 lists
};
WordChanges wordChanges(const QStringList& before, const QStringList& after);

// "3 of 12 words changed": the words of `after` that are new, and how many there are.
struct ChangedWords {
    int changed = 0, all = 0;
};
ChangedWords changedWords(const QString& before, const QString& after);

} // namespace palimpsest
