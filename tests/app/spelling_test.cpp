#include "app/services/spelling.h"

#include "app/services/spelling_dictionary.h"
#include "tests/support/dictionary_folder.h"

#include <QSignalSpy>
#include <QtTest>

namespace palimpsest {

class SpellingTest : public QObject {
    Q_OBJECT
    test::DictionaryFolder m_folder;

    std::unique_ptr<SpellingDictionary> load(const QString& code) {
        auto loaded = SpellingDictionary::load(dictionaryFor(code, m_folder.folders()));
        if (!loaded) qFatal("%s", loaded.error().message.c_str());
        return *std::move(loaded);
    }
    static QStringList wrong(SpellingDictionary& dictionary, const QString& text) {
        QStringList words;
        for (const Interval& word : dictionary.misspeltIn(text)) words << text.mid(word.begin, word.end - word.begin);
        return words;
    }

private Q_SLOTS:
    void wordsTheDictionaryLacksAreMisspelt() {
        const auto english = load("en_US");
        QCOMPARE(wrong(*english, "She didd not answer; the bells ragn."), (QStringList{"didd", "ragn"}));
        QCOMPARE(wrong(*english, "don’t don't dont"), QStringList{"dont"});
    }

    void ofAWordWithHyphensItsWrongPartIsMarked() {
        const auto english = load("en_US");
        QCOMPARE(wrong(*english, "a bell-buoy, a bell-bouy"), QStringList{"bouy"});
    }

    void anotherScriptAndDigitsAreNotJudged() {
        const auto english = load("en_US");
        QCOMPARE(wrong(*english, "она не 3rd 1,000 היא 她"), QStringList());
    }

    void theProjectsWordsAreRightWithTheirPossessiveAndInHigherCase() {
        const auto english = load("en_US");
        QCOMPARE(wrong(*english, "Marta").size(), 1);
        english->setOwnWords({"Marta", "kelp"});
        QCOMPARE(wrong(*english, "Marta Marta’s MARTA kelp Kelp"), QStringList());
        QCOMPARE(wrong(*english, "marta kelps"), (QStringList{"marta", "kelps"}));
        english->setOwnWords({});
        QCOMPARE(wrong(*english, "Marta").size(), 1);
    }

    void aDictionaryInAnotherEncodingIsReadAsWell() {
        const auto german = load("de_DE");
        QCOMPARE(wrong(*german, "Größe Meer Grösse"), QStringList{"Grösse"});
        QVERIFY(german->suggestionsFor("Grösse").contains("Größe"));
        QCOMPARE(wrong(*german, "Größe Ŷ"), QStringList{"Ŷ"}); // a letter the encoding does not have
    }

    void suggestionsHaveTheWritersApostrophe() {
        const auto english = load("en_US");
        QVERIFY(english->suggestionsFor("bouy").contains("buoy"));
        QVERIFY(english->suggestionsFor("dom’t").contains("don’t"));
    }

    void aLanguageWithoutADictionaryOfItsOwnTakesARelatedOne() {
        QCOMPARE(dictionaryFor("en_US", m_folder.folders()).code, QString("en_US"));
        QCOMPARE(dictionaryFor("en_GB", m_folder.folders()).code, QString("en_US"));
        QVERIFY(dictionaryFor("fr_FR", m_folder.folders()).code.isEmpty());
    }

    void theServiceChecksAndNamesItsLanguages() {
        Spelling spelling(m_folder.folders());
        QSignalSpy changed(&spelling, &Spelling::changed);
        spelling.setLanguage("en_US");
        QVERIFY(!spelling.isReady());
        QVERIFY(changed.wait());
        QVERIFY(spelling.isReady() && spelling.problem().isEmpty());
        Spelling::Words words;
        spelling.check("the bouy", this, [&](const Spelling::Words& found) { words = found; });
        QVERIFY(words.empty()); // never before the call returns
        QVERIFY(QTest::qWaitFor([&] { return !words.empty(); }));
        QCOMPARE(words[0], (Interval{4, 8}));
        QStringList names;
        spelling.findLanguages(this, [&](const std::vector<Spelling::Language>& languages) {
            for (const auto& language : languages) names << language.name;
        });
        QVERIFY(QTest::qWaitFor([&] { return names.size() == 2; }));
        QCOMPARE(names, (QStringList{"English (United States)", "German (Germany)"}));
    }

    void aMissingDictionaryIsSaidWithWhatToInstall() {
        Spelling spelling(m_folder.folders());
        QSignalSpy changed(&spelling, &Spelling::changed);
        spelling.setLanguage("fr_FR");
        QVERIFY(changed.wait());
        QVERIFY(!spelling.isReady());
        QVERIFY2(spelling.problem().contains("French") && spelling.problem().contains("hunspell-fr"),
                 qPrintable(spelling.problem()));
        spelling.setLanguage({});
        QVERIFY(changed.wait());
        QVERIFY(spelling.problem().isEmpty() && !spelling.isReady());
    }

    void anAnswerOfAnotherLanguageNeverComes() {
        Spelling spelling(m_folder.folders());
        QSignalSpy changed(&spelling, &Spelling::changed);
        spelling.setLanguage("en_US");
        QVERIFY(changed.wait());
        int answers = 0;
        spelling.check("bouy", this, [&](const Spelling::Words&) { ++answers; });
        spelling.setLanguage("de_DE");
        QVERIFY(changed.wait());
        QTest::qWait(20);
        QCOMPARE(answers, 0);
    }

    void wordsSetWhileTheDictionaryLoadsAreKnown() {
        Spelling spelling(m_folder.folders());
        QSignalSpy changed(&spelling, &Spelling::changed);
        spelling.setLanguage("en_US");
        spelling.setProjectWords({"Marta"});
        QVERIFY(changed.wait());
        int wrong = -1;
        spelling.check("Marta", this, [&](const Spelling::Words& words) { wrong = int(words.size()); });
        QVERIFY(QTest::qWaitFor([&] { return wrong >= 0; }));
        QCOMPARE(wrong, 0);
    }
};

} // namespace palimpsest

QTEST_GUILESS_MAIN(palimpsest::SpellingTest)
#include "spelling_test.moc"
