#include "app/services/note_names.h"

#include <QSet>
#include <algorithm>

namespace palimpsest {
namespace {

constexpr int kLeastName = 3;

bool isOfTag(QChar c) {
    return c.isLetterOrNumber() || c == u'_' || c == u'-' || c.isMark();
}

const QRegularExpression& tagExpression() {
    static const QRegularExpression expression(QStringLiteral("(?<![\\p{L}\\p{N}_@])@([\\p{L}\\p{M}\\p{N}_-]+)"),
                                               QRegularExpression::UseUnicodePropertiesOption);
    return expression;
}

void addTags(QStringList& tags, const QString& text) {
    for (auto it = tagExpression().globalMatch(text); it.hasNext();) {
        const QString tag = it.next().captured(1);
        if (!tags.contains(tag, Qt::CaseInsensitive)) tags << tag;
    }
}

void addName(QStringList& names, const QString& name) {
    const QString simple = name.simplified();
    if (simple.size() >= kLeastName && !names.contains(simple)) names << simple;
}

// As it may stand in a text: spaces may be line breaks, an article may be small.
QString patternOf(const QString& name) {
    QString pattern = QRegularExpression::escape(name);
    pattern.replace(QStringLiteral("\\ "), QStringLiteral("\\s+"));
    for (const QString& article : {QStringLiteral("The"), QStringLiteral("An"), QStringLiteral("A")})
        if (name.startsWith(article + u' '))
            return QStringLiteral("[%1%2]").arg(article[0], article[0].toLower()) + pattern.mid(1);
    return pattern;
}

QString bounded(const QStringList& patterns) {
    return QStringLiteral("(?<![\\p{L}\\p{N}_@])(?:%1)(?![\\p{L}\\p{N}_])").arg(patterns.join(u'|'));
}

QString tagPattern(const QString& tag) {
    return QStringLiteral("@(?i:%1)(?!-?[\\p{L}\\p{N}])").arg(QRegularExpression::escape(tag));
}

// The key of what was found: as the names are kept.
QString keyOf(const QString& found) {
    if (found.startsWith(u'@')) return found.toLower();
    QString key = found.simplified();
    for (const QString& article : {QStringLiteral("the "), QStringLiteral("an "), QStringLiteral("a ")})
        if (key.startsWith(article)) key[0] = key[0].toUpper();
    return key;
}

} // namespace

NoteNames namesOf(const QString& title, const SceneText& text) {
    NoteNames names;
    addTags(names.tags, title);
    addName(names.names, QString(title).remove(tagExpression()));
    static const QRegularExpression also(QStringLiteral("^\\s*also(?: called)?\\s*:\\s*(.+)$"),
                                         QRegularExpression::CaseInsensitiveOption);
    for (const Block& block : text.blocks) {
        QString plain;
        for (const Span& span : block.spans) plain += span.text;
        if (plain.contains(u'@') && QString(plain).remove(tagExpression()).remove(u',').trimmed().isEmpty())
            addTags(names.tags, plain);
        const auto match = also.match(plain);
        if (!match.hasMatch()) continue;
        for (QString name : match.captured(1).split(u',')) {
            addTags(names.tags, name);
            addName(names.names, name.remove(tagExpression()).remove(QRegularExpression(QStringLiteral("[.;]\\s*$"))));
        }
    }
    for (const QString& tag : names.tags) addName(names.names, QString(tag).replace(u'_', u' '));
    return names;
}

Interval tagAt(QStringView paragraph, qsizetype position, bool begun) {
    qsizetype begin = std::clamp<qsizetype>(position, 0, paragraph.size());
    qsizetype end = begin;
    while (begin > 0 && isOfTag(paragraph[begin - 1])) --begin;
    while (!begun && end < paragraph.size() && isOfTag(paragraph[end])) ++end;
    const bool inTheMidst = begun && end < paragraph.size() && isOfTag(paragraph[end]);
    if (begin == 0 || paragraph[begin - 1] != u'@' || inTheMidst) return {};
    --begin;
    if (begin > 0 && (isOfTag(paragraph[begin - 1]) || paragraph[begin - 1] == u'@')) return {}; // an address
    return !begun && end - begin < 2 ? Interval{} : Interval{begin, end};
}

MentionFinder::MentionFinder(const std::vector<std::pair<qint64, NoteNames>>& notes) {
    QStringList patterns;
    const auto add = [&](const QString& key, qint64 note, const QString& pattern) {
        if (m_notes.contains(key)) return;
        m_notes.insert(key, note);
        patterns << pattern;
    };
    for (const auto& [note, names] : notes) {
        for (const QString& tag : names.tags) add(u'@' + tag.toLower(), note, tagPattern(tag));
        for (const QString& name : names.names) add(keyOf(name), note, patternOf(name));
    }
    // The longest first: "Marta Holm" before "Marta".
    std::stable_sort(patterns.begin(), patterns.end(),
                     [](const QString& a, const QString& b) { return a.size() > b.size(); });
    if (patterns.isEmpty()) return;
    m_expression = QRegularExpression(bounded(patterns), QRegularExpression::UseUnicodePropertiesOption);
    m_expression.optimize();
}

std::vector<MentionFinder::Mention> MentionFinder::find(const QString& paragraph) const {
    std::vector<Mention> found;
    if (m_expression.pattern().isEmpty()) return found;
    for (auto it = m_expression.globalMatch(paragraph); it.hasNext();) {
        const auto match = it.next();
        if (const qint64 note = m_notes.value(keyOf(match.captured())))
            found.push_back({note, {match.capturedStart(), match.capturedEnd()}});
    }
    return found;
}

std::vector<qint64> MentionFinder::notesIn(const QString& text) const {
    std::vector<qint64> notes;
    for (const Mention& mention : find(text))
        if (std::find(notes.begin(), notes.end(), mention.note) == notes.end()) notes.push_back(mention.note);
    return notes;
}

QString mentionPattern(const NoteNames& names) {
    QStringList patterns;
    for (const QString& tag : names.tags) patterns << tagPattern(tag);
    for (const QString& name : names.names) patterns << patternOf(name);
    return patterns.isEmpty() ? QString() : bounded(patterns);
}

} // namespace palimpsest
