#include "app/services/draft_passage.h"

#include "app/document/words.h"

#include <QHash>
#include <QList>
#include <QString>
#include <algorithm>
#include <cmath>

namespace palimpsest {
namespace {

bool hasWord(const StepToken& token) {
    return token.state != PositionState::Absorbed &&
           !QString::fromUtf8(token.text.data(), qsizetype(token.text.size())).trimmed().isEmpty();
}

// A position that carries nothing itself, because a later one carries the whole character.
bool isPartOfCharacter(const StepToken& token) {
    return token.state != PositionState::Absorbed && token.text.empty();
}

// The character at an end of a token: '\0' when it has none.
char32_t edgeCharacter(const StepToken& token, bool last) {
    const QList<uint> characters = QString::fromUtf8(token.text.data(), qsizetype(token.text.size())).toUcs4();
    if (characters.isEmpty()) return 0;
    return last ? characters.back() : characters.front();
}

bool joins(char32_t character) {
    return character != 0 && !QChar::isSpace(character) && !standsAlone(character);
}

// Whether two neighbouring positions belong to one word.
bool belongTogether(const StepToken& left, const StepToken& right) {
    if (left.state == PositionState::Absorbed || right.state == PositionState::Absorbed) return false;
    if (isPartOfCharacter(left)) return true;
    if (!joins(edgeCharacter(left, true))) return false;
    return isPartOfCharacter(right) || joins(edgeCharacter(right, false));
}

} // namespace

std::string joinedText(const StepTokens& tokens) {
    std::string text;
    for (const StepToken& token : tokens) text += token.text;
    return text;
}

PositionRange wordAt(const StepTokens& tokens, int position) {
    if (position < 0 || position >= int(tokens.size())) return {};
    if (tokens[std::size_t(position)].state == PositionState::Absorbed) return {};
    std::size_t first = std::size_t(position), last = first;
    while (first > 0 && belongTogether(tokens[first - 1], tokens[first])) --first;
    while (last + 1 < tokens.size() && belongTogether(tokens[last], tokens[last + 1])) ++last;
    for (std::size_t i = first; i <= last; ++i)
        if (hasWord(tokens[i])) return {int(first), int(last - first) + 1};
    return {};
}

std::vector<TextRange> lockedRanges(const StepTokens& tokens) {
    std::vector<TextRange> ranges;
    std::size_t at = 0;
    for (const StepToken& token : tokens) {
        const std::size_t end = at + token.text.size();
        if (token.state == PositionState::Locked && end > at) {
            if (!ranges.empty() && ranges.back().end == at)
                ranges.back().end = end;
            else
                ranges.push_back({at, end});
        }
        at = end;
    }
    return ranges;
}

std::vector<PositionRange> weakestWords(const StepTokens& tokens, double share) {
    struct Found {
        PositionRange word;
        float confidence = 1;
    };
    std::vector<Found> words;
    for (int position = 0; position < int(tokens.size());) {
        const PositionRange word = wordAt(tokens, position);
        position = word.count == 0 ? position + 1 : word.first + word.count;
        if (word.count == 0) continue;
        Found found{word, 1};
        bool locked = true;
        for (int p = word.first; p < word.first + word.count; ++p) {
            const StepToken& token = tokens[std::size_t(p)];
            found.confidence = std::min(found.confidence, token.confidence);
            locked = locked && token.state == PositionState::Locked;
        }
        if (!locked) words.push_back(found);
    }
    std::stable_sort(words.begin(), words.end(),
                     [](const Found& a, const Found& b) { return a.confidence < b.confidence; });
    if (!words.empty()) words.resize(std::size_t(std::max(1.0, std::round(share * double(words.size())))));
    std::vector<PositionRange> weakest;
    for (const Found& found : words) weakest.push_back(found.word);
    std::sort(weakest.begin(), weakest.end(),
              [](const PositionRange& a, const PositionRange& b) { return a.first < b.first; });
    return weakest;
}

StepTokens decidedTokens(const QString& text) {
    StepTokens tokens;
    for (qsizetype at = 0; at < text.size();) { // a word with the spaces before it, as a model's pieces are
        qsizetype end = at;
        while (end < text.size() && text[end].isSpace()) ++end;
        while (end < text.size() && !text[end].isSpace()) ++end;
        tokens.push_back({text.mid(at, end - at).toStdString(), 1, PositionState::Committed});
        at = end;
    }
    return tokens;
}

double wordOverlap(const QString& a, const QString& b) {
    const QString folded = a.toCaseFolded(), other = b.toCaseFolded();
    QHash<QStringView, int> open; // words of `a` that have no partner yet
    int all = 0, shared = 0;
    forEachWord(folded, [&](Interval word) {
        ++open[QStringView(folded).sliced(word.begin, word.end - word.begin)];
        ++all;
    });
    forEachWord(other, [&](Interval word) {
        const auto partner = open.find(QStringView(other).sliced(word.begin, word.end - word.begin));
        if (partner != open.end() && *partner > 0) {
            --*partner;
            ++shared;
        }
        ++all;
    });
    return all == 0 ? 1 : 2.0 * shared / all;
}

} // namespace palimpsest
