#include "app/services/spelling_dictionary.h"

#include <QDir>
#include <QLocale>
#include <QStandardPaths>
#include <algorithm>
#include <hunspell/hunspell.hxx>

namespace palimpsest {
namespace {

constexpr qsizetype kLongestWord = 90; // characters; Hunspell takes 100 bytes and more
constexpr qsizetype kMostJudged = 100'000;

QString languageOf(const QString& code) {
    return code.section(u'_', 0, 0);
}

bool holdsDigit(const QString& word) {
    return std::any_of(word.begin(), word.end(), [](QChar c) { return c.isDigit(); });
}

// Of the first letter that has one; Common when none has.
QChar::Script scriptOf(const QString& text) {
    for (const char32_t c : text.toUcs4())
        if (const QChar::Script script = QChar::script(c); script > QChar::Script_Common) return script;
    return QChar::Script_Common;
}

QString capitalised(const QString& word) {
    return word.left(1).toUpper() + word.mid(1);
}

// As dictionaries have them.
QString plain(const QString& word) {
    QString made = word.normalized(QString::NormalizationForm_C);
    made.replace(u'\u2019', u'\'').remove(QChar::SoftHyphen);
    return made;
}

const char* encodingOf(const std::string& name) {
    if (name == "microsoft-cp1251") return "windows-1251";
    if (name == "TIS620-2533") return "TIS-620";
    return name.c_str();
}

} // namespace

QStringList dictionaryFolders() {
    QStringList folders = qEnvironmentVariable("DICPATH").split(QDir::listSeparator(), Qt::SkipEmptyParts);
    for (const QString& data : QStandardPaths::standardLocations(QStandardPaths::GenericDataLocation))
        folders << data + QStringLiteral("/hunspell") << data + QStringLiteral("/myspell/dicts");
    return folders;
}

std::vector<DictionaryFiles> installedDictionaries(const QStringList& folders) {
    std::vector<DictionaryFiles> found;
    for (const QString& folder : folders) {
        const QDir dir(folder);
        for (const QString& name : dir.entryList({QStringLiteral("*.dic")}, QDir::Files, QDir::Name)) {
            const QString base = name.chopped(4);
            const QString code = QString(base).replace(u'-', u'_');
            const bool known = std::any_of(found.begin(), found.end(), [&](const auto& f) { return f.code == code; });
            // Hyphenation patterns and thesauri lie beside them, under such names, but have no affixes.
            if (!known && dir.exists(base + QStringLiteral(".aff")))
                found.push_back({code, dir.filePath(base + QStringLiteral(".aff")), dir.filePath(name)});
        }
    }
    return found;
}

DictionaryFiles dictionaryFor(const QString& code, const QStringList& folders) {
    const std::vector<DictionaryFiles> all = installedDictionaries(folders);
    const auto first = [&all](auto fits) {
        const auto at = std::find_if(all.begin(), all.end(), fits);
        return at == all.end() ? DictionaryFiles{} : *at;
    };
    DictionaryFiles found = first([&](const DictionaryFiles& files) { return files.code == code; });
    if (found.code.isEmpty()) found = first([&](const auto& files) { return files.code == languageOf(code); });
    if (found.code.isEmpty())
        found = first([&](const auto& files) { return languageOf(files.code) == languageOf(code); });
    return found;
}

Result<std::unique_ptr<SpellingDictionary>> SpellingDictionary::load(const DictionaryFiles& files) {
    try {
        auto hunspell = std::make_unique<Hunspell>(QFile::encodeName(files.affixes).constData(),
                                                   QFile::encodeName(files.words).constData());
        std::unique_ptr<SpellingDictionary> made(new SpellingDictionary(std::move(hunspell), files.code));
        if (made->m_encode.isValid() && made->m_decode.isValid()) return made;
    } catch (const std::exception&) { // what is wrong with it does not help a writer
    }
    return Error{ErrorCode::Corrupt, "The spelling dictionary " + files.words.toStdString() +
                                         " cannot be used; install it anew or choose another language."};
}

SpellingDictionary::SpellingDictionary(std::unique_ptr<Hunspell> hunspell, const QString& code)
    : m_hunspell(std::move(hunspell)),
      m_encode(encodingOf(m_hunspell->get_dict_encoding())),
      m_decode(encodingOf(m_hunspell->get_dict_encoding())),
      m_script(scriptOf(QLocale(code).nativeLanguageName())) {}

SpellingDictionary::~SpellingDictionary() = default;

void SpellingDictionary::setOwnWords(const QStringList& words) {
    m_own.clear();
    m_judged.clear();
    for (const QString& word : words)
        for (const QString& form : {plain(word), capitalised(plain(word)), plain(word).toUpper()}) m_own.insert(form);
}

std::vector<Interval> SpellingDictionary::misspeltIn(const QString& paragraph) {
    std::vector<Interval> misspelt;
    forEachWord(paragraph, [&](Interval word) {
        const QString whole = paragraph.mid(word.begin, word.end - word.begin);
        if (isRight(whole)) return;
        if (!whole.contains(u'-')) return misspelt.push_back(word);
        qsizetype at = word.begin;
        for (const QString& part : whole.split(u'-')) {
            if (!isRight(part)) misspelt.push_back({at, at + part.size()});
            at += part.size() + 1;
        }
    });
    return misspelt;
}

bool SpellingDictionary::isRight(const QString& word) {
    if (const auto known = m_judged.constFind(word); known != m_judged.constEnd()) return *known;
    if (m_judged.size() >= kMostJudged) m_judged.clear();
    return *m_judged.insert(word, judge(word));
}

bool SpellingDictionary::judge(const QString& word) {
    const QString bare = plain(word);
    if (bare.isEmpty() || bare.size() > kLongestWord || holdsDigit(bare)) return true;
    const QChar::Script script = scriptOf(bare);
    if (m_script != QChar::Script_Common && script != m_script) return true;
    if (m_own.contains(bare)) return true;
    for (const char* possessive : {"'s", "'S", "'"})
        if (bare.endsWith(QLatin1String(possessive)) && m_own.contains(bare.chopped(qsizetype(qstrlen(possessive)))))
            return true;
    const std::string bytes = encoded(bare);
    return !bytes.empty() && m_hunspell->spell(bytes);
}

// Empty when the dictionary's encoding has no such letters: then it has no such word.
std::string SpellingDictionary::encoded(const QString& word) {
    m_encode.resetState();
    const QByteArray bytes = m_encode(word);
    return m_encode.hasError() ? std::string() : bytes.toStdString();
}

QStringList SpellingDictionary::suggestionsFor(const QString& word) {
    QStringList suggestions;
    const std::string bytes = encoded(plain(word));
    if (bytes.empty()) return suggestions;
    for (const std::string& suggestion : m_hunspell->suggest(bytes)) {
        m_decode.resetState();
        QString text = m_decode(QByteArrayView(suggestion.data(), qsizetype(suggestion.size())));
        if (word.contains(u'\u2019')) text.replace(u'\'', u'\u2019');
        suggestions << text;
    }
    return suggestions;
}

} // namespace palimpsest
