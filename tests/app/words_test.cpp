#include "app/document/words.h"

#include "app/document/scene_text.h"

#include <QtTest>

namespace palimpsest {

class WordsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void countsWordsAsAWriterDoes_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("words");
        const auto row = [](const char* name, const char* text, int words) {
            QTest::newRow(name) << QString::fromUtf8(text) << words;
        };
        row("empty", "", 0);
        row("punctuation only", " — … * * * ¶ 🌊 ' - ", 0);
        row("plain", "She did not answer him at once.", 7);
        row("straight apostrophe", "don't o'clock", 2);
        row("curly apostrophe", "don’t can’t", 2);
        row("quotes are not apostrophes", "'Yes,' she said. ‘No’", 4);
        row("hyphens", "a well-known mother-in-law", 3);
        row("dashes separate", "yes--no yes—no yes – no", 6);
        row("trailing hyphen", "pre- and post-war", 3);
        row("numbers", "3,000.5 km in 1999, 7.", 5);
        row("accents, composed and not", "été e\xCC\x81te\xCC\x81", 2);
        row("umlauts and sharp s", "Straße über Größe", 3);
        row("Catalan dot", "col·legi", 1);
        row("soft hyphen",
            "Donau\xC2\xAD"
            "dampf",
            1);
        row("Greek", "Η θάλασσα ήταν ήρεμη", 4);
        row("Cyrillic", "Она не ответила сразу", 4);
        row("Hebrew", "היא לא ענתה לו", 4);
        row("Arabic with marks", "لَمْ تُجِبْهُ", 2);
        row("Devanagari", "उसने उत्तर नहीं दिया", 4);
        row("Korean", "그녀는 바로 대답하지 않았다", 4);
        row("Chinese, one by one", "她没有回答。", 5);
        row("Japanese", "海のカメラ", 3); // 海, の, and the katakana together
        row("beyond the BMP", "𝒜𝒷 𐐷𐐨", 2);
        row("lines", "one\ntwo\tthree four", 4);
    }
    void countsWordsAsAWriterDoes() {
        QFETCH(QString, text);
        QFETCH(int, words);
        QCOMPARE(countWords(text), words);
    }

    void intervalsCoverExactlyTheWords() {
        const QString text = QStringLiteral("“Don’t,” 𝒜 said-so.");
        QStringList words;
        forEachWord(text, [&](Interval w) { words += text.mid(w.begin, w.end - w.begin); });
        QCOMPARE(words, (QStringList{QStringLiteral("Don’t"), QStringLiteral("𝒜"), QStringLiteral("said-so")}));
    }

    void aBrokenSurrogateIsNoWordAndNoCrash() {
        QCOMPARE(countWords(QString(QChar(0xD83C)) + QStringLiteral("a") + QChar(0xDF0A)), 1);
        QCOMPARE(countWords(QString(QChar(0xD83C))), 0);
    }
};

} // namespace palimpsest

QTEST_APPLESS_MAIN(palimpsest::WordsTest)
#include "words_test.moc"
