#include "app/services/draft_passage.h"

#include "app/document/words.h"

#include <QHash>
#include <QList>
#include <QString>

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
