#include "app/document/text_search.h"

#include <algorithm>

namespace palimpsest {
namespace {

// Between two characters of one word: a whole word neither begins nor ends there.
const QString kInsideWord = QStringLiteral("(?!(?<=[\\p{L}\\p{M}\\p{N}_])[\\p{L}\\p{M}\\p{N}_])");
const QString kStepLimit = QStringLiteral("(*LIMIT_MATCH=1000000)"); // must come first; a tenth of the library's own

// Every character escaped, and what the keyboard has one of standing for all that typography made of it.
QString literally(const QString& pattern) {
    return QRegularExpression::escape(pattern)
        .replace(QStringLiteral("\\'"), QStringLiteral("['\u2018\u2019]"))
        .replace(QStringLiteral("\\\""), QStringLiteral("[\"\u201C\u201D\u201E]"))
        .replace(QStringLiteral("\\ "), QStringLiteral("[ \u00A0\u202F]"));
}

bool isUpper(const QString& text) {
    return text == text.toUpper() && text != text.toLower();
}

QString capitalised(const QString& text) {
    const qsizetype first = !text.isEmpty() && text.front().isHighSurrogate() ? 2 : 1;
    return text.left(first).toUpper() + text.mid(first);
}

bool isCapitalised(const QString& word) {
    return word != word.toLower() && capitalised(word) == word;
}

// The words of `text` capitalised: all, or the first.
QString withCapitals(const QString& text, bool all) {
    QString made;
    qsizetype done = 0;
    bool first = true;
    forEachWord(text, [&](Interval word) {
        const QString letters = text.mid(word.begin, word.end - word.begin);
        made += text.mid(done, word.begin - done) + (first || all ? capitalised(letters) : letters);
        done = word.end;
        first = false;
    });
    return made + text.mid(done);
}

QString inCaseOf(const QString& model, const QString& text) {
    std::vector<QString> words;
    forEachWord(model, [&](Interval word) { words.push_back(model.mid(word.begin, word.end - word.begin)); });
    if (words.empty() || model.toUpper() == model.toLower()) return text;
    if (isUpper(model) && (model.size() > 1 || text.size() == 1)) return text.toUpper(); // "I" is no shouting
    if (model == model.toLower()) return text.toLower();
    if (!isCapitalised(words.front())) return text;
    return withCapitals(text, words.size() > 1 && std::all_of(words.begin(), words.end(), isCapitalised));
}

// `text` with its groups filled in.
QString expanded(const QString& text, const QRegularExpressionMatch& match) {
    QString made;
    for (qsizetype i = 0; i < text.size(); ++i) {
        const QChar sign = text[i], next = i + 1 < text.size() ? text[i + 1] : QChar();
        if (sign != u'\\' && sign != u'$') {
            made += sign;
        } else if (next >= u'0' && next <= u'9') {
            made += match.captured(next.unicode() - u'0');
            ++i;
        } else {
            made += sign;
            if (next == sign) ++i;
        }
    }
    return made;
}

} // namespace

Result<TextSearch> TextSearch::compile(const SearchQuery& query) {
    TextSearch search;
    if (query.pattern.isEmpty()) return search;
    QRegularExpression::PatternOptions options = QRegularExpression::UseUnicodePropertiesOption;
    if (!query.matchCase) options |= QRegularExpression::CaseInsensitiveOption;
    if (query.regex) { // alone: inside our own brackets a stray one of the writer's could find a partner
        const QRegularExpression alone(query.pattern, options);
        if (!alone.isValid())
            return Error{ErrorCode::InvalidArgument, "This pattern goes wrong at character " +
                                                         std::to_string(alone.patternErrorOffset()) + ": " +
                                                         alone.errorString().toStdString() + "."};
    }
    QString pattern = QStringLiteral("(?:") + (query.regex ? query.pattern : literally(query.pattern)) + u')';
    if (query.wholeWord) pattern = kInsideWord + pattern + kInsideWord;
    search.m_regex = query.regex;
    search.m_expression = QRegularExpression(kStepLimit + pattern, options);
    if (!search.m_expression.isValid())
        return Error{ErrorCode::InvalidArgument,
                     "This pattern cannot be used: " + search.m_expression.errorString().toStdString() + "."};
    return search;
}

Result<std::vector<Interval>> TextSearch::find(const QString& paragraph) const {
    std::vector<Interval> found;
    if (findsNothing()) return found;
    QRegularExpressionMatchIterator matches = m_expression.globalMatch(paragraph);
    while (matches.hasNext()) {
        const QRegularExpressionMatch match = matches.next();
        if (match.capturedLength() > 0) found.push_back({match.capturedStart(), match.capturedEnd()});
    }
    if (!matches.isValid())
        return Error{ErrorCode::Unsupported, "This pattern takes too long to search for; make it simpler."};
    return found;
}

QString TextSearch::replacementFor(const QString& paragraph, Interval match, const Replacement& with) const {
    QString text = with.text;
    if (m_regex) {
        const QRegularExpressionMatch again = m_expression.match(
            paragraph, match.begin, QRegularExpression::NormalMatch, QRegularExpression::AnchorAtOffsetMatchOption);
        text = expanded(with.text, again);
    }
    if (!with.preserveCase) return text;
    return inCaseOf(paragraph.mid(match.begin, match.end - match.begin), text);
}

} // namespace palimpsest
