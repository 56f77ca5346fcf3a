// Spelling by the system's Hunspell dictionaries: paragraphs are checked, and suggestions made, on a thread of its own.
//
// UI thread; nothing waits. Answers come by `done` on the UI thread, never before the call returns, unless `context`
// dies or the language or the words change first (changed() then says that everything is to be asked again).
#pragma once

#include "app/document/words.h"

#include <QObject>
#include <QStringList>
#include <QThread>
#include <functional>
#include <memory>

namespace palimpsest {

class Spelling : public QObject {
    Q_OBJECT
public:
    struct Language {
        QString code; // "en_US"
        QString name; // "English (United States)", in the language of the window
    };
    using Words = std::vector<Interval>; // misspelt, in order
    static constexpr int kMostSuggestions = 8;

    // `folders`: where dictionaries are; empty = where the system keeps them.
    explicit Spelling(QStringList folders = {}, QObject* parent = nullptr);
    ~Spelling() override; // waits for the word in work, milliseconds

    // "en_US"; one without a dictionary of its own takes one of the same language. Empty switches spelling off, and
    // frees the dictionary. -> changed(), once it is loaded or found missing
    void setLanguage(const QString& code);
    void setProjectWords(const QStringList& words); // right whatever the dictionary says -> changed()

    bool isReady() const { return m_ready; }
    // Why nothing is checked though a language is set: one sentence that says what to install. Empty: all is well.
    QString problem() const { return m_problem; }

    void findLanguages(QObject* context, std::function<void(std::vector<Language>)> done); // by name
    void check(const QString& paragraph, QObject* context, std::function<void(Words)> done);
    // Slow, 30 ms and more a word: only when the writer asks. Best first.
    void suggest(const QString& word, QObject* context, std::function<void(QStringList)> done);

Q_SIGNALS:
    void changed();

private:
    class Worker;
    template<class Work, class Done>
    void ask(QObject* context, Work work, Done done);

    QThread m_thread;
    Worker* m_worker; // lives on the thread
    int m_generation = 0;
    bool m_ready = false;
    QString m_language, m_problem;
    QStringList m_words;
};

} // namespace palimpsest
