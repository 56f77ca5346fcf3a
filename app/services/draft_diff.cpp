#include "app/services/draft_diff.h"

#include "app/document/sequence_diff.h"

#include <QHash>
#include <QStringList>

namespace palimpsest {
namespace {

// Runs without spaces, each with the spaces behind it.
QStringList unitsOf(const QString& text) {
    QStringList units;
    for (qsizetype at = 0; at < text.size();) {
        qsizetype end = at;
        while (end < text.size() && !text[end].isSpace()) ++end;
        while (end < text.size() && text[end].isSpace()) ++end;
        if (!text.mid(at, end - at).trimmed().isEmpty()) units << text.mid(at, end - at);
        at = end;
    }
    return units;
}

QStringList trimmed(QStringList units) {
    for (QString& unit : units) unit = unit.trimmed();
    return units;
}

} // namespace

WordChanges wordChanges(const QStringList& before, const QStringList& after) {
    QHash<QString, int> numbers;
    const auto numbered = [&numbers](const QStringList& words) {
        std::vector<int> list;
        for (const QString& word : words) {
            if (!numbers.contains(word)) numbers.insert(word, int(numbers.size()));
            list.push_back(numbers.value(word));
        }
        return list;
    };
    const std::vector<int> a = numbered(before), b = numbered(after);
    WordChanges changes;
    changes.added.assign(b.size(), true);
    changes.removed.resize(b.size() + 1);
    int nextA = 0, nextB = 0; // behind the run before
    const auto remove = [&](int until, int place) {
        for (; nextA < until; ++nextA) changes.removed[std::size_t(place)].push_back(nextA);
    };
    for (const CommonRun& run : commonRuns(a, b)) {
        remove(run.a, nextB); // what went stands before what came
        for (int i = 0; i < run.length; ++i) changes.added[std::size_t(run.b + i)] = false;
        nextA = run.a + run.length;
        nextB = run.b + run.length;
    }
    remove(int(a.size()), nextB);
    return changes;
}

std::vector<DiffPiece> wordDiff(const QString& before, const QString& after) {
    const QStringList a = unitsOf(before), b = unitsOf(after);
    const WordChanges changes = wordChanges(trimmed(a), trimmed(b));
    std::vector<DiffPiece> pieces;
    for (std::size_t i = 0; i <= std::size_t(b.size()); ++i) {
        for (int gone : changes.removed[i]) pieces.push_back({DiffPiece::Kind::Removed, a[gone]});
        if (i == std::size_t(b.size())) break;
        pieces.push_back({changes.added[i] ? DiffPiece::Kind::Added : DiffPiece::Kind::Same, b[qsizetype(i)]});
    }
    return pieces;
}

ChangedWords changedWords(const QString& before, const QString& after) {
    const QStringList a = trimmed(unitsOf(before)), b = trimmed(unitsOf(after));
    const WordChanges changes = wordChanges(a, b);
    ChangedWords count;
    count.all = int(b.size());
    for (const bool added : changes.added) count.changed += added;
    return count;
}

} // namespace palimpsest
