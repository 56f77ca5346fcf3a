#include "app/services/surprising_words.h"

#include <algorithm>

namespace palimpsest {
namespace {

// One in 1,100, in 8,100, in 60,000. On the sample manuscript and on pages of a published novel these mark a fifth, a
// tenth and a twentieth of the words; 4.5 nats marked two fifths, which says nothing.
constexpr float kLeastNats[kSurpriseLevels] = {7, 9, 11};

// Where each byte of the UTF-8 form lies in the text.
std::vector<qsizetype> unitsByByte(const QString& text) {
    std::vector<qsizetype> units;
    for (qsizetype i = 0; i < text.size();) {
        const bool pair = text[i].isHighSurrogate() && i + 1 < text.size();
        const qsizetype bytes = QStringView(text).mid(i, pair ? 2 : 1).toUtf8().size();
        units.insert(units.end(), std::size_t(bytes), i);
        i += pair ? 2 : 1;
    }
    units.push_back(text.size());
    return units;
}

} // namespace

std::vector<SurprisingWord> surprisingWords(const QString& text, const Surprise& surprise) {
    const std::vector<qsizetype> units = unitsByByte(text);
    if (surprise.empty() || surprise.back().end + 1 != units.size()) return {};
    std::vector<SurprisingWord> words;
    std::size_t next = 0, begin = 0; // the first token that ends behind the word's beginning, and where it begins
    forEachWord(text, [&](Interval word) {
        while (next < surprise.size() && units[surprise[next].end] <= word.begin) begin = surprise[next++].end;
        SurprisingWord found{word, 0};
        std::size_t from = begin;
        for (std::size_t i = next; i < surprise.size() && units[from] < word.end; from = surprise[i++].end)
            found.nats += surprise[i].nats;
        words.push_back(found);
    });
    return words;
}

int surpriseLevel(float nats) {
    return int(std::upper_bound(std::begin(kLeastNats), std::end(kLeastNats), nats) - std::begin(kLeastNats));
}

} // namespace palimpsest
