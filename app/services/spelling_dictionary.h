// One Hunspell dictionary, and where dictionaries are. The only place that knows Hunspell.
//
// Blocking; used by one thread at a time.
#pragma once

#include "app/document/words.h"
#include "engine/base/result.h"

#include <QHash>
#include <QSet>
#include <QStringConverter>
#include <QStringList>
#include <memory>
#include <vector>

class Hunspell;

namespace palimpsest {

struct DictionaryFiles {
    QString code; // "en_US"; empty = there is none
    QString affixes, words;
};

QStringList dictionaryFolders(); // of this system, those named by DICPATH and of the user first
std::vector<DictionaryFiles> installedDictionaries(const QStringList& folders);
// Of exactly this language; else of the bare one ("fr"); else the first of the same language; else none.
DictionaryFiles dictionaryFor(const QString& code, const QStringList& folders);

class SpellingDictionary {
public:
    static Result<std::unique_ptr<SpellingDictionary>> load(const DictionaryFiles& files);
    ~SpellingDictionary();

    // Replaces those set before. A word and its possessive are right, in any case that is at least as high.
    void setOwnWords(const QStringList& words);

    // Words of another script than the language's, and what holds digits, are not judged. Of a word with hyphens that
    // is not known as a whole, its parts are.
    std::vector<Interval> misspeltIn(const QString& paragraph);
    QStringList suggestionsFor(const QString& word); // in the writer's kind of apostrophe

private:
    SpellingDictionary(std::unique_ptr<Hunspell> hunspell, const QString& code);
    bool isRight(const QString& word);
    bool judge(const QString& word);
    std::string encoded(const QString& word);

    std::unique_ptr<Hunspell> m_hunspell;
    QStringEncoder m_encode;
    QStringDecoder m_decode;
    QChar::Script m_script;
    QSet<QString> m_own;
    QHash<QString, bool> m_judged; // most words come again
};

} // namespace palimpsest
