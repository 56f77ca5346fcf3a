#include "ui/editor/smart_punctuation.h"

#include <QLocale>

namespace palimpsest {
namespace {

constexpr QChar kApostrophe = u'\u2019', kEnDash = u'\u2013', kEmDash = u'\u2014', kEllipsis = u'\u2026';
constexpr QChar kNarrowSpace = u'\u202F';

struct Quotes {
    QString open, close;
};

Quotes quotesOf(const QLocale& locale, QLocale::QuotationStyle style) {
    const QString quoted = locale.quoteString(QStringLiteral("x"), style);
    return {quoted.section(u'x', 0, 0), quoted.section(u'x', 1)};
}

bool isDash(QChar c) {
    return c == kEnDash || c == kEmDash || c == u'-';
}

// Whether a quote typed behind `before` opens one. Behind a dash it does unless there is one to close.
bool opens(QStringView before, const Quotes& quotes) {
    if (before.isEmpty()) return true;
    const QChar last = before.back();
    if (isDash(last)) {
        const qsizetype opened = before.count(quotes.open);
        return quotes.open == quotes.close ? opened % 2 == 0 : opened <= before.count(quotes.close);
    }
    const QChar::Category category = last.category();
    return (last.isSpace() && last != kNarrowSpace) || category == QChar::Punctuation_Open ||
           category == QChar::Punctuation_InitialQuote || last == u'\u201A' || last == u'\u201E';
}

SmartChange doubleQuote(QStringView before, const QLocale& locale) {
    Quotes quotes = quotesOf(locale, QLocale::StandardQuotation);
    if (locale.language() == QLocale::French) {
        quotes = {quotes.open.trimmed() + kNarrowSpace, kNarrowSpace + quotes.close.trimmed()};
        if (before.endsWith(kNarrowSpace)) quotes.close.remove(0, 1); // the space inside an empty pair
    }
    return {1, opens(before, quotes) ? quotes.open : quotes.close};
}

SmartChange singleQuote(QStringView before, const QLocale& locale) {
    const Quotes quotes = quotesOf(locale, QLocale::AlternateQuotation);
    const bool single = quotes.open == QStringLiteral("\u2018") || quotes.open == QStringLiteral("\u201A");
    if (!single) return {1, kApostrophe}; // the language has no quotes of this kind: it is an apostrophe
    if (opens(before, quotes)) return {1, quotes.open};
    const bool opened = before.count(quotes.open) > before.count(quotes.close);
    return {1, opened ? quotes.close : QString(kApostrophe)};
}

bool endsInExactly(QStringView text, QChar c, int times) {
    for (int i = 1; i <= times; ++i)
        if (text.size() < i || text[text.size() - i] != c) return false;
    return text.size() == times || text[text.size() - times - 1] != c;
}

} // namespace

std::optional<SmartChange> smartChange(const QString& text, const QString& language) {
    if (text.isEmpty()) return std::nullopt;
    const QLocale locale(language);
    const QStringView before = QStringView(text).chopped(1);
    switch (const QChar typed = text.back(); typed.unicode()) {
    case u'"': return doubleQuote(before, locale);
    case u'\'': return singleQuote(before, locale);
    case u'.':
        if (endsInExactly(text, u'.', 3)) return SmartChange{3, kEllipsis};
        break;
    case u'-':
        if (before.endsWith(kEnDash)) return SmartChange{2, kEmDash};
        if (endsInExactly(text, u'-', 2))
            return SmartChange{2, locale.language() == QLocale::English ? kEmDash : kEnDash};
        break;
    default: {
        // What a quote was shows in what is typed behind it: the years of ’68, German hab’s.
        const Quotes quotes = quotesOf(locale, QLocale::AlternateQuotation);
        const QStringView beforeQuote = before.chopped(before.isEmpty() ? 0 : 1);
        const bool year = typed.isDigit() && before.endsWith(u'\u2018') && opens(beforeQuote, quotes);
        const bool inside = typed.isLetter() && quotes.close != kApostrophe && before.endsWith(quotes.close) &&
                            !beforeQuote.isEmpty() && beforeQuote.back().isLetter();
        if (year || inside) return SmartChange{2, kApostrophe + QString(typed)};
    }
    }
    return std::nullopt;
}

} // namespace palimpsest
