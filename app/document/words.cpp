#include "app/document/words.h"

#include "app/document/scene_text.h"

#include <QChar>

namespace palimpsest {
namespace {

struct Character {
    char32_t code = 0;
    int units = 0; // UTF-16 code units; 0 at the end of the text
};

Character characterAt(QStringView text, qsizetype at) {
    if (at >= text.size()) return {};
    const QChar first = text[at];
    if (first.isHighSurrogate() && at + 1 < text.size() && text[at + 1].isLowSurrogate())
        return {QChar::surrogateToUcs4(first, text[at + 1]), 2};
    return {first.unicode(), 1};
}

bool startsWord(char32_t code) {
    if (code < 0x80)
        return (code >= 'a' && code <= 'z') || (code >= 'A' && code <= 'Z') || (code >= '0' && code <= '9');
    return QChar::isLetterOrNumber(code);
}

bool continuesWord(char32_t code) {
    if (code < 0x80) return startsWord(code) || code == '_';
    if (startsWord(code)) return true;
    const QChar::Category category = QChar::category(code);
    return category == QChar::Mark_NonSpacing || category == QChar::Mark_SpacingCombining ||
           category == QChar::Mark_Enclosing || category == QChar::Other_Format;
}

bool joinsLetters(char32_t code) {
    switch (code) {
    case '\'':
    case 0x2019: // right single quotation mark, the typographer's apostrophe
    case '-':
    case 0x2010: // hyphen
    case 0x2011: // non-breaking hyphen
    case 0x00B7: // middle dot, as in Catalan
    case 0x05F4: // Hebrew gershayim
        return true;
    default: return false;
    }
}

bool joinsDigits(char32_t code) {
    return code == '.' || code == ',';
}

} // namespace

bool standsAlone(char32_t character) {
    if (character < 0x2E80) return false;
    const QChar::Script script = QChar::script(character);
    return script == QChar::Script_Han || script == QChar::Script_Hiragana;
}

Interval detail::WordReader::next() {
    Character here = characterAt(text, at);
    while (here.units > 0 && !startsWord(here.code)) {
        at += here.units;
        here = characterAt(text, at);
    }
    Interval word{at, at};
    if (here.units == 0) return word;
    const bool alone = standsAlone(here.code);
    char32_t previous = here.code;
    at += here.units;
    for (here = characterAt(text, at); here.units > 0; here = characterAt(text, at)) {
        if (continuesWord(here.code)) {
            const bool begins = startsWord(here.code);
            if (begins && (alone || standsAlone(here.code))) break;
            if (begins) previous = here.code;
            at += here.units;
            continue;
        }
        const char32_t after = characterAt(text, at + here.units).code;
        const bool digits = QChar::isDigit(previous) && QChar::isDigit(after);
        if (alone || !startsWord(after) || !(joinsLetters(here.code) || (digits && joinsDigits(here.code)))) break;
        at += here.units;
    }
    word.end = at;
    return word;
}

int countWords(QStringView text) {
    int words = 0;
    forEachWord(text, [&words](Interval) { ++words; });
    return words;
}

} // namespace palimpsest
