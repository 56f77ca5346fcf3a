#include "app/services/draft_passage.h"
#include "app/services/draft_trace.h"

#include <QtTest>

using namespace std::string_literals;

namespace palimpsest {
namespace {

StepTokens committed(std::initializer_list<const char*> texts) {
    StepTokens tokens;
    for (const char* text : texts) tokens.push_back({text, 0.5f, PositionState::Committed});
    return tokens;
}

DraftStep step(int index, StepTokens tokens = {}) {
    return {"d", 0, index, 10, 0, std::move(tokens)};
}

} // namespace

class DraftPassageTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aWordRunsAcrossItsTokens() {
        const StepTokens tokens = committed({"She", " un", "lock", "ed,", " then", " ", " left"});
        QCOMPARE(wordAt(tokens, 0), (PositionRange{0, 1}));
        for (int position : {1, 2, 3}) QCOMPARE(wordAt(tokens, position), (PositionRange{1, 3}));
        QCOMPARE(wordAt(tokens, 4), (PositionRange{4, 1}));
        QCOMPARE(wordAt(tokens, 5).count, 0);
        QCOMPARE(wordAt(tokens, 6), (PositionRange{6, 1}));
    }

    void thereIsNoWordBeyondTheEndsOrWhereNothingIsKnown() {
        StepTokens tokens = committed({"un", "", "ed"});
        tokens[1].state = PositionState::Absorbed;
        QCOMPARE(wordAt(tokens, -1).count, 0);
        QCOMPARE(wordAt(tokens, 3).count, 0);
        QCOMPARE(wordAt(tokens, 1).count, 0);
        QCOMPARE(wordAt(tokens, 0), (PositionRange{0, 1}));
        QCOMPARE(wordAt(tokens, 2), (PositionRange{2, 1}));
    }

    void aCharacterOfSeveralTokensIsOneWord() {
        // the wave comes in four byte pieces, of which the last one carries it
        const StepTokens tokens = committed({"caf", "é", " ", "", "", "🌊", "!"});
        QCOMPARE(wordAt(tokens, 1), (PositionRange{0, 2}));
        QCOMPARE(wordAt(tokens, 3), (PositionRange{3, 4}));
        QCOMPARE(wordAt(tokens, 6), (PositionRange{3, 4}));
    }

    void ideographsAreTakenTokenByToken() {
        const StepTokens tokens = committed({"海", "辺", "の"});
        QCOMPARE(wordAt(tokens, 1), (PositionRange{1, 1}));
    }

    void lockedRangesAreBytesOnCharacterBoundaries() {
        StepTokens tokens = committed({"Été", " à", " l'", "", "🌊", " bleue"});
        for (std::size_t i : {0u, 3u, 4u, 5u}) tokens[i].state = PositionState::Locked;
        const std::string text = joinedText(tokens);
        QCOMPARE(text, "Été à l'🌊 bleue"s);
        const auto ranges = lockedRanges(tokens);
        QCOMPARE(ranges.size(), std::size_t(2));
        QCOMPARE(text.substr(ranges[0].begin, ranges[0].end - ranges[0].begin), "Été"s);
        QCOMPARE(text.substr(ranges[1].begin, ranges[1].end - ranges[1].begin), "🌊 bleue"s);
    }

    void aLongTraceKeepsItsFirstAndNewestStepAndOrder() {
        DraftTrace trace;
        for (int i = 0; i < 5000; ++i) trace.add(step(i));
        QVERIFY(trace.size() <= DraftTrace::kMaxSteps);
        QVERIFY(trace.size() > DraftTrace::kMaxSteps / 4);
        QCOMPARE(trace.at(0).index, 0);
        QCOMPARE(trace.at(trace.size() - 1).index, 4999);
        for (int i = 1; i < trace.size(); ++i) QVERIFY(trace.at(i - 1).index < trace.at(i).index);
    }

    void aPackedTraceComesBackWhole() {
        DraftTrace trace;
        trace.add(step(0, committed({"Hé", "", "🌊"})));
        trace.add(step(3, committed({"x"})));
        const std::vector<StoredCandidate> packed{{7, 0.25, {{0, 3}}, trace.steps()}, {~std::uint64_t(0), -1, {}, {}}};
        const auto read = unpackTrace(packTrace(packed));
        QVERIFY(read.ok());
        QCOMPARE(read->size(), std::size_t(2));
        QCOMPARE((*read)[0].seed, std::uint64_t(7));
        QCOMPARE((*read)[1].seed, ~std::uint64_t(0));
        QCOMPARE((*read)[0].agreement, 0.25);
        QCOMPARE((*read)[0].locks, packed[0].locks);
        QCOMPARE((*read)[0].steps.size(), std::size_t(2));
        QCOMPARE(*(*read)[0].steps[0], trace.at(0));
        QCOMPARE(*(*read)[0].steps[1], trace.at(1));
    }

    void wordsOverlapByTheirBagsWithoutCase() {
        QCOMPARE(wordOverlap("The sea was still.", "still was THE sea"), 1.0);
        QCOMPARE(wordOverlap("the the sea", "the sea"), 0.8);
        QCOMPARE(wordOverlap("down and down", "up, green"), 0.0);
        QCOMPARE(wordOverlap("", "—"), 1.0);
        QCOMPARE(wordOverlap("", "word"), 0.0);
    }

    void damagedTracesAreRefused() {
        DraftTrace trace;
        trace.add(step(0, committed({"Hello", " there"})));
        const QByteArray whole = packTrace({{1, -1, {}, trace.steps()}});
        QVERIFY(!unpackTrace({}));
        QVERIFY(!unpackTrace("abc"));
        QVERIFY(!unpackTrace(QByteArray::fromHex("ffffffff789c03000000")));
        QVERIFY(!unpackTrace(qCompress("{}")));
        QVERIFY(!unpackTrace(qCompress(R"({"version":1,"candidates":[{"seed":-1,"steps":3}]})")));
        for (qsizetype i = 4; i < whole.size(); ++i) { // the sum at the end of the data finds a changed byte
            QVERIFY(!unpackTrace(whole.left(i)));
            QByteArray changed = whole;
            changed[i] = char(changed[i] ^ 0x55);
            const auto read = unpackTrace(changed);
            if (read) QCOMPARE(*(*read)[0].steps[0], trace.at(0));
        }
    }
};

} // namespace palimpsest

QTEST_APPLESS_MAIN(palimpsest::DraftPassageTest)
#include "draft_passage_test.moc"
