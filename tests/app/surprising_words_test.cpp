// Tokens' surprise as that of words.
#include "app/services/surprising_words.h"

#include <QtTest>

namespace palimpsest {

class SurprisingWordsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aWordCostsWhatItsTokensCost() {
        // "The| b|uoy|, red| once|."
        const auto words =
            surprisingWords("The buoy, red once.", {{3, 1}, {5, 2}, {8, 4}, {13, 8}, {18, 16}, {19, 32}});
        QCOMPARE(words, (std::vector<SurprisingWord>{{{0, 3}, 1}, {{4, 8}, 6}, {{10, 13}, 8}, {{14, 18}, 16}}));
    }

    void aTokenOfTwoWordsCountsForBoth() {
        const auto words = surprisingWords("New York", {{8, 5}});
        QCOMPARE(words, (std::vector<SurprisingWord>{{{0, 3}, 5}, {{4, 8}, 5}}));
    }

    void placesAreThoseOfTheTextAndNotOfItsBytes() {
        // "Märta" 6 bytes, " 🌊" 5, " kam" 4
        const auto words =
            surprisingWords(QString::fromUtf8("Märta 🌊 kam"), {{2, 1}, {6, 2}, {9, 4}, {11, 8}, {15, 16}});
        QCOMPARE(words, (std::vector<SurprisingWord>{{{0, 5}, 3}, {{9, 12}, 16}}));
    }

    void aSurpriseOfAnotherTextGivesNoWords() {
        QVERIFY(surprisingWords("The buoy", {{3, 1}}).empty());
        QVERIFY(surprisingWords("The buoy", {{3, 1}, {9, 1}}).empty());
        QVERIFY(surprisingWords("The buoy", {}).empty());
    }

    void levelsGoUpWithTheNats() {
        QCOMPARE(surpriseLevel(0), 0);
        int before = 0;
        for (float nats = 0; nats < 20; nats += 0.5f) {
            QVERIFY(surpriseLevel(nats) >= before && surpriseLevel(nats) <= before + 1);
            before = surpriseLevel(nats);
        }
        QCOMPARE(before, kSurpriseLevels);
    }
};

} // namespace palimpsest

QTEST_APPLESS_MAIN(palimpsest::SurprisingWordsTest)
#include "surprising_words_test.moc"
