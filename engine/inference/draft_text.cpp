#include "engine/inference/draft_text.h"

#include "engine/base/utf8.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <map>

namespace palimpsest {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

bool isAsciiWord(char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0;
}

bool isSpace(char c) {
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

// Beyond ASCII: U+00A0–U+00BF and U+2000–U+206F (dashes, quotes, ellipsis) and U+3000–U+303F are no letters.
bool isWordCharacter(std::string_view character) {
    if (character.size() == 1) return isAsciiWord(character[0]);
    const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(character[i]); };
    if (byte(0) == 0xC2) return false;
    if (byte(0) == 0xE2 && (byte(1) == 0x80 || byte(1) == 0x81)) return false;
    return !(byte(0) == 0xE3 && byte(1) == 0x80);
}

std::string_view lastCharacter(std::string_view text) {
    std::size_t begin = text.size();
    while (begin > 0 && text.size() - begin < 4)
        if (isCharacterBoundary(text, --begin)) break;
    return text.substr(begin);
}

bool dropSuffix(std::string_view& text, std::string_view suffix) {
    if (!text.ends_with(suffix)) return false;
    text.remove_suffix(suffix.size());
    return true;
}

// Words whose full stop ends no sentence, without it.
bool isAbbreviation(std::string_view word) {
    constexpr std::array<std::string_view, 24> kWords = {"Mr",  "Mrs", "Ms",  "Dr",  "St",  "Prof", "Rev", "Capt",
                                                         "Col", "Gen", "Lt",  "Sgt", "Hon", "Jr",   "Sr",  "vs",
                                                         "etc", "No",  "Vol", "pp",  "cf",  "e.g",  "i.e", "Mme"};
    if (word.size() == 1 && std::isupper(static_cast<unsigned char>(word[0]))) return word != "I";
    return std::find(kWords.begin(), kWords.end(), word) != kWords.end();
}

bool endsAbbreviation(std::string_view beforeStop) {
    std::size_t begin = beforeStop.size();
    while (begin > 0 && (isAsciiWord(beforeStop[begin - 1]) || beforeStop[begin - 1] == '.')) --begin;
    return isAbbreviation(beforeStop.substr(begin));
}

std::string joined(const std::vector<std::string>& pieces, std::size_t begin, std::size_t end) {
    std::string out;
    for (std::size_t i = begin; i < end; ++i) out += pieces[i];
    return out;
}

std::map<std::string, int> wordCounts(std::string_view text) {
    std::map<std::string, int> counts;
    for (const std::string& word : wordsOf(text)) ++counts[word];
    return counts;
}

} // namespace

std::vector<std::string> shownTexts(const std::vector<std::string>& pieces) {
    std::vector<std::string> shown(pieces.size());
    std::string open; // the beginning of a character
    for (std::size_t i = 0; i < pieces.size(); ++i) {
        if (pieces[i].empty()) {
            open.clear();
            continue;
        }
        open += pieces[i];
        std::string_view rest = open;
        while (!rest.empty()) {
            const int length = utf8CharacterLength(rest);
            if (length < 0) break;
            shown[i].append(length > 0 ? rest.substr(0, std::size_t(length)) : kReplacement);
            rest.remove_prefix(length > 0 ? std::size_t(length) : 1);
        }
        open = std::string(rest);
    }
    return shown;
}

bool beginsWithSpace(std::string_view text) {
    return !text.empty() && isSpace(text.front());
}

bool beginsWithWord(std::string_view text) {
    const int length = utf8CharacterLength(text);
    return length > 0 ? isWordCharacter(text.substr(0, std::size_t(length))) : !text.empty();
}

bool endsWithWord(std::string_view text) {
    return !text.empty() && isWordCharacter(lastCharacter(text));
}

bool beginsUnlikeProse(std::string_view text) {
    return !text.empty() && std::string_view(" \t0123456789#*-+|=>_~`").find(text[0]) != std::string_view::npos;
}

bool hasLinesUnlikeProse(std::string_view text) {
    for (;;) {
        if (beginsUnlikeProse(text)) return true;
        const std::size_t end = text.find('\n');
        if (end == std::string_view::npos) return false;
        text.remove_prefix(end + 1);
    }
}

bool sentenceEndsBetween(std::string_view before, std::string_view after) {
    if (before.find_first_not_of(" \t\r\n") == std::string_view::npos || isSpace(before.back())) return false;
    if (after.starts_with('\n') || after.starts_with('\r')) return true;
    bool closing = true;
    while (closing) {
        closing = false;
        for (std::string_view mark : {"\"", "'", ")", "]", "*", "_", "”", "’", "»"})
            closing = dropSuffix(before, mark) || closing;
    }
    for (std::string_view stop : {"。", "！", "？"})
        if (before.ends_with(stop)) return true;
    if (!beginsWithSpace(after)) return false;
    for (std::string_view stop : {"!", "?", "…"})
        if (before.ends_with(stop)) return true;
    return dropSuffix(before, ".") && !endsAbbreviation(before);
}

std::size_t longestDraft(std::size_t wish) {
    return wish + std::max<std::size_t>((wish * 3 + 9) / 10, 4);
}

std::optional<std::size_t> endOfDraft(const std::vector<std::string>& pieces, std::size_t wish) {
    if (pieces.size() <= wish) return std::nullopt; // what follows the last token decides whether a word ended
    const std::size_t longest = longestDraft(wish), last = std::min(pieces.size() - 1, longest);
    const auto endsAt = [&](std::size_t count) {
        return sentenceEndsBetween(joined(pieces, 0, count), joined(pieces, count, pieces.size()));
    };
    const std::size_t near = std::max<std::size_t>(wish * 9 / 10, 1);
    for (std::size_t count = near; count <= last; ++count)
        if (endsAt(count)) return count;
    if (pieces.size() <= longest) return std::nullopt;
    for (std::size_t count = near; count-- > std::max<std::size_t>(wish * 7 / 10, 1);)
        if (endsAt(count)) return count;
    const auto wordEndsAt = [&](std::size_t count) { return beginsWithSpace(pieces[count]); };
    for (std::size_t count = wish; count > wish / 2; --count)
        if (wordEndsAt(count)) return count;
    for (std::size_t count = wish + 1; count < pieces.size(); ++count)
        if (wordEndsAt(count)) return count;
    std::size_t count = wish; // a script without spaces: at least between two characters
    const auto goesOn = [&](const std::string& piece) {
        return piece.empty() || (static_cast<unsigned char>(piece.front()) & 0xC0) == 0x80;
    };
    while (count < last && goesOn(pieces[count])) ++count;
    return count;
}

std::vector<std::string> wordsOf(std::string_view text) {
    std::vector<std::string> words;
    bool inside = false, apostrophe = false; // one that may turn out to stand within a word
    for (std::size_t at = 0, end = 0; at < text.size(); at = end) {
        do ++end;
        while (end < text.size() && !isCharacterBoundary(text, end));
        const std::string_view character = text.substr(at, end - at);
        if (isWordCharacter(character)) {
            if (!inside) words.emplace_back();
            if (inside && apostrophe) words.back() += '\'';
            for (const char c : character) words.back() += char(std::tolower(static_cast<unsigned char>(c)));
            inside = true;
            apostrophe = false;
        } else {
            const bool first = !apostrophe;
            apostrophe = inside && first && (character == "'" || character == "’");
            inside = apostrophe;
        }
    }
    return words;
}

double wordOverlap(std::string_view a, std::string_view b) {
    const auto left = wordCounts(a), right = wordCounts(b);
    int shared = 0, total = 0;
    for (const auto& [word, count] : left) {
        total += count;
        const auto found = right.find(word);
        if (found != right.end()) shared += std::min(count, found->second);
    }
    for (const auto& [word, count] : right) total += count;
    return total == 0 ? 1 : 2.0 * shared / total;
}

} // namespace palimpsest
