#include "ui/editor/passage_words.h"

#include <QtTest>

namespace palimpsest {
namespace {

StepToken token(const char* text, PositionState state = PositionState::Committed, float confidence = 1) {
    return {text, confidence, state};
}

} // namespace

class PassageWordsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void tokensOfOneWordAreOneWord() {
        const PassageWords words = passageWords({token(" post"), token("mist"), token("ress"), token(" sang")});
        QCOMPARE(words.paragraphs, QStringList{" postmistress sang"});
        QCOMPARE(words.words.size(), std::size_t(2));
        QCOMPARE(words.text(words.words[0]), QString("postmistress"));
        QCOMPARE(words.words[1].token, 3);
    }

    void theLeastDecidedTokenSpeaksForItsWord() {
        const PassageWords words =
            passageWords({token("un", PositionState::Locked, 1), token("sure", PositionState::Moving, 0.3f),
                          token(" firm", PositionState::Committed, 0.1f)});
        QCOMPARE(words.words[0].state, PositionState::Moving);
        QCOMPARE(words.words[0].confidence, 0.3f);
        QCOMPARE(words.words[1].state, PositionState::Committed);
    }

    void absorbedPositionsAreDotsOfTheirOwn() {
        const PassageWords words =
            passageWords({token("a"), token("", PositionState::Absorbed), token("", PositionState::Absorbed)});
        QCOMPARE(words.paragraphs, QStringList{"a ·· ··"});
        QCOMPARE(words.words.size(), std::size_t(3));
        QCOMPARE(words.words[2].state, PositionState::Absorbed);
        QCOMPARE(words.words[2].token, 2);
    }

    void lineBreaksPartParagraphsOnce() {
        const PassageWords words = passageWords({token("One."), token("\n\n"), token("Two."), token("\nThree.")});
        QCOMPARE(words.paragraphs, (QStringList{"One.", "Two.", "Three."}));
        QCOMPARE(words.words[2].paragraph, 2);
        QCOMPARE(words.words[2].begin, 0);
    }

    void charactersBeyondTheBasicPlaneKeepOffsetsRight() {
        const PassageWords words = passageWords({token("\xF0\x9F\x8C\x8A"), token(" s\xC3\xA9")});
        QCOMPARE(words.words[0].length, 2);
        QCOMPARE(words.words[1].begin, 3);
        QCOMPARE(words.text(words.words[1]), QString::fromUtf8("s\xC3\xA9"));
    }

    void everyStateIsReadOutDifferently() {
        const PassageWords words =
            passageWords({token("a", PositionState::Locked), token(" b", PositionState::Moving, 0.62f), token(" c"),
                          token("", PositionState::Absorbed)});
        QStringList said;
        for (std::size_t i = 0; i < words.words.size(); ++i) said << describeWord(words, i);
        QCOMPARE(said, (QStringList{"a, locked", "b, moving, 62 percent", "c, decided", "not yet known"}));
    }

    void theCommaBehindAWordIsNotSaidTwice() {
        const PassageWords words =
            passageWords({token("down,", PositionState::Committed), token(" “Stop!”", PositionState::Committed),
                          token(" …", PositionState::Committed), token(" once...", PositionState::Locked)});
        QStringList said;
        for (std::size_t i = 0; i < words.words.size(); ++i) said << describeWord(words, i);
        QCOMPARE(said, (QStringList{"down, decided", "“Stop!”, decided", "…, decided", "once, locked"}));
    }

    void nothingIsNoWords() {
        QVERIFY(passageWords({}).words.empty());
        QCOMPARE(passageWords({}).paragraphs.size(), 1);
    }
};

} // namespace palimpsest

QTEST_GUILESS_MAIN(palimpsest::PassageWordsTest)
#include "passage_words_test.moc"
