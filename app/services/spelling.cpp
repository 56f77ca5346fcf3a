#include "app/services/spelling.h"

#include "app/services/spelling_dictionary.h"

#include <QLocale>
#include <QPointer>
#include <algorithm>
#include <utility>

namespace palimpsest {
namespace {

QString nameOf(const QString& code) {
    const QLocale locale(code);
    if (locale.language() == QLocale::C) return code;
    const QString language = QLocale::languageToString(locale.language());
    if (!code.contains(u'_')) return language;
    return QStringLiteral("%1 (%2)").arg(language, QLocale::territoryToString(locale.territory()));
}

} // namespace

// Every function runs on the thread.
class Spelling::Worker : public QObject {
public:
    explicit Worker(QStringList folders) : m_folders(std::move(folders)) {}

    QString load(const QString& code, const QStringList& words) {
        m_dictionary.reset();
        if (code.isEmpty()) return {};
        const DictionaryFiles files = dictionaryFor(code, m_folders);
        if (files.code.isEmpty())
            return tr("No spelling dictionary for %1 is installed; install the package for it, whose name begins with "
                      "“hunspell-%2”.")
                .arg(nameOf(code), code.section(u'_', 0, 0));
        auto loaded = SpellingDictionary::load(files);
        if (!loaded) return QString::fromStdString(loaded.error().message);
        m_dictionary = *std::move(loaded);
        m_dictionary->setOwnWords(words);
        return {};
    }
    void setOwnWords(const QStringList& words) {
        if (m_dictionary) m_dictionary->setOwnWords(words);
    }
    Words check(const QString& paragraph) { return m_dictionary ? m_dictionary->misspeltIn(paragraph) : Words{}; }
    QStringList suggest(const QString& word) {
        return m_dictionary ? m_dictionary->suggestionsFor(word).mid(0, kMostSuggestions) : QStringList();
    }
    std::vector<Language> languages() const {
        std::vector<Language> found;
        for (const DictionaryFiles& files : installedDictionaries(m_folders))
            found.push_back({files.code, nameOf(files.code)});
        std::sort(found.begin(), found.end(), [](const Language& a, const Language& b) { return a.name < b.name; });
        return found;
    }

private:
    QStringList m_folders;
    std::unique_ptr<SpellingDictionary> m_dictionary;
};

Spelling::Spelling(QStringList folders, QObject* parent)
    : QObject(parent), m_worker(new Worker(folders.isEmpty() ? dictionaryFolders() : std::move(folders))) {
    m_worker->moveToThread(&m_thread);
    connect(&m_thread, &QThread::finished, m_worker, &QObject::deleteLater);
    m_thread.setObjectName(QStringLiteral("spelling"));
    m_thread.start(QThread::LowPriority);
}

Spelling::~Spelling() {
    m_worker->disconnect();
    m_thread.requestInterruption();
    m_thread.quit();
    m_thread.wait();
}

// Runs `work(worker)` on the thread and `done(its result)` back here, unless everything is to be asked again by then.
template<class Work, class Done>
void Spelling::ask(QObject* context, Work work, Done done) {
    QMetaObject::invokeMethod(
        m_worker,
        [this, context = QPointer<QObject>(context), work = std::move(work), done = std::move(done),
         asked = m_generation] {
            if (QThread::currentThread()->isInterruptionRequested()) return; // the program ends
            auto result = work(*m_worker);
            QMetaObject::invokeMethod(
                this,
                [this, context, done, asked, result = std::move(result)] {
                    if (context && asked == m_generation) done(result);
                },
                Qt::QueuedConnection);
        },
        Qt::QueuedConnection);
}

void Spelling::setLanguage(const QString& code) {
    if (code == m_language) return;
    m_language = code;
    m_ready = false;
    ++m_generation;
    ask(
        this, [code, words = m_words](Worker& worker) { return worker.load(code, words); },
        [this](const QString& problem) {
            m_problem = problem;
            m_ready = problem.isEmpty() && !m_language.isEmpty();
            Q_EMIT changed();
        });
}

void Spelling::setProjectWords(const QStringList& words) {
    if (words == m_words) return;
    m_words = words;
    if (!m_ready) { // a load under way has the old ones
        const QString language = std::exchange(m_language, QString());
        return language.isEmpty() ? void() : setLanguage(language);
    }
    ++m_generation;
    ask(
        this,
        [words](Worker& worker) {
            worker.setOwnWords(words);
            return true;
        },
        [this](bool) { Q_EMIT changed(); });
}

void Spelling::findLanguages(QObject* context, std::function<void(std::vector<Language>)> done) {
    ask(
        context, [](Worker& worker) { return worker.languages(); }, std::move(done));
}

void Spelling::check(const QString& paragraph, QObject* context, std::function<void(Words)> done) {
    ask(
        context, [paragraph](Worker& worker) { return worker.check(paragraph); }, std::move(done));
}

void Spelling::suggest(const QString& word, QObject* context, std::function<void(QStringList)> done) {
    ask(
        context, [word](Worker& worker) { return worker.suggest(word); }, std::move(done));
}

} // namespace palimpsest
