#include "app/document/scene_text.h"

#include <QRandomGenerator>
#include <QtTest>

namespace palimpsest {
namespace {

SceneText sample() {
    const Marks italic{false, true, false, false}, all{true, true, true, true};
    return {{{BlockKind::Heading, 2, {{QStringLiteral("Second buoy"), {}, Provenance::Typed, 0}}},
             {BlockKind::Paragraph,
              0,
              {{QStringLiteral("She did "), {}, Provenance::Typed, 0},
               {QStringLiteral("not"), italic, Provenance::Edited, 7},
               {QStringLiteral(" answer, \"été\" 🌊 "), all, Provenance::Drafted, 9007199254740992}}},
             {BlockKind::SceneBreak, 0, {}},
             {BlockKind::Quote, 0, {{QStringLiteral("old"), {}, Provenance::Imported, 0}}},
             {BlockKind::Paragraph, 0, {}}}};
}

} // namespace

class SceneTextTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void storedTextComesBackEqual() {
        const auto read = fromStored(toStored(sample()));
        QVERIFY(read.ok());
        QVERIFY(*read == sample());
        QVERIFY(*fromStored(toStored({})) == SceneText{});
    }

    void controlCharactersAndNulSurviveStoring() {
        SceneText text;
        QString odd;
        for (char16_t c = 0; c < 0x20; ++c)
            if (c != u'\n' && c != u'\r') odd += QChar(c);
        text.blocks = {
            {BlockKind::Paragraph, 0, {{odd + QStringLiteral("\u2028\uFEFF\uFFFF\u00AD"), {}, Provenance::Typed, 0}}}};
        const auto read = fromStored(toStored(text));
        QVERIFY(read.ok());
        QVERIFY(*read == text);
    }

    void aLineBreakThatCameIntoASpanIsStoredAsASoftOne() {
        const SceneText text{
            {{BlockKind::Paragraph, 0, {{QStringLiteral("a\nb\rc\u2029d"), {}, Provenance::Typed, 0}}}}};
        const auto read = fromStored(toStored(text));
        QVERIFY(read.ok()); // whatever was written can be read
        QCOMPARE(read->blocks[0].spans[0].text, QStringLiteral("a\u2028b\u2028c\u2028d"));
    }

    void plainJoinsBlocksByLines() {
        QCOMPARE(sample().plain(), QStringLiteral("Second buoy\nShe did not answer, \"été\" 🌊 \n\nold\n"));
    }

    void unknownKindsReadAsParagraphAndTyped() {
        const auto read =
            fromStored(R"({"version":1,"later":[],"blocks":[{"kind":99,"spans":[["a",16,77,3]],"x":1}]})");
        QVERIFY(read.ok());
        QCOMPARE(read->blocks[0].kind, BlockKind::Paragraph);
        QCOMPARE(read->blocks[0].spans[0].provenance, Provenance::Typed);
        QVERIFY(read->blocks[0].spans[0].marks == Marks{});
    }

    void aNewerVersionIsRefusedAsNewer() {
        const auto read = fromStored(R"({"version":3,"blocks":[]})");
        QVERIFY(!read);
        QCOMPARE(read.error().code, ErrorCode::NewerFormat);
    }

    void hostileTextsAreRefused_data() {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("nothing") << QByteArray();
        QTest::newRow("not JSON") << QByteArray("She did not answer");
        QTest::newRow("array") << QByteArray("[]");
        QTest::newRow("no version") << QByteArray(R"({"blocks":[]})");
        QTest::newRow("no blocks") << QByteArray(R"({"version":1})");
        QTest::newRow("block is no object") << QByteArray(R"({"version":1,"blocks":[1]})");
        QTest::newRow("no spans") << QByteArray(R"({"version":1,"blocks":[{}]})");
        QTest::newRow("spans are no array") << QByteArray(R"({"version":1,"blocks":[{"spans":"a"}]})");
        QTest::newRow("empty span") << QByteArray(R"({"version":1,"blocks":[{"spans":[[]]}]})");
        QTest::newRow("span is a number") << QByteArray(R"({"version":1,"blocks":[{"spans":[3]}]})");
        QTest::newRow("span too long") << QByteArray(R"({"version":1,"blocks":[{"spans":[["a",0,0,0,0]]}]})");
        QTest::newRow("negative draft") << QByteArray(R"({"version":1,"blocks":[{"spans":[["a",0,1,-1]]}]})");
        QTest::newRow("fractional marks") << QByteArray(R"({"version":1,"blocks":[{"spans":[["a",0.5]]}]})");
        QTest::newRow("huge draft") << QByteArray(R"({"version":1,"blocks":[{"spans":[["a",0,1,1e300]]}]})");
        QTest::newRow("kind is a text") << QByteArray(R"({"version":1,"blocks":[{"kind":"x","spans":[]}]})");
        QTest::newRow("heading of no level") << QByteArray(R"({"version":1,"blocks":[{"kind":1,"spans":[]}]})");
        QTest::newRow("heading of level 9")
            << QByteArray(R"({"version":1,"blocks":[{"kind":1,"level":9,"spans":[]}]})");
        QTest::newRow("line break") << QByteArray(R"({"version":1,"blocks":[{"spans":["a\nb"]}]})");
        QTest::newRow("bad UTF-8") << QByteArray("{\"version\":1,\"blocks\":[{\"spans\":[\"\xFF\xFE\"]}]}");
        QTest::newRow("deep") << QByteArray(R"({"version":1,"blocks":)") + QByteArray(100'000, '[');
    }
    void hostileTextsAreRefused() {
        QFETCH(QByteArray, bytes);
        const auto read = fromStored(bytes);
        QVERIFY(!read);
        QCOMPARE(read.error().code, ErrorCode::Corrupt);
    }

    void everyTruncationIsRefused() {
        const QByteArray whole = toStored(sample());
        for (qsizetype i = 0; i < whole.size(); ++i) QVERIFY(!fromStored(whole.left(i)));
    }

    void changedBytesNeverCrash() {
        const QByteArray whole = toStored(sample());
        QRandomGenerator random(1);
        for (int i = 0; i < 3000; ++i) {
            QByteArray changed = whole;
            for (int k = random.bounded(1, 4); k > 0; --k)
                changed[random.bounded(int(changed.size()))] = char(random.bounded(256));
            if (const auto read = fromStored(changed)) QVERIFY(fromStored(toStored(*read)).ok());
        }
    }

    void aPinnedPassageGoesOnOverParagraphs() {
        const auto span = [](const char* text, bool pinned) {
            Span each{QString::fromUtf8(text), {}, Provenance::Typed, 0};
            each.pinned = pinned;
            return each;
        };
        const SceneText text{
            {{BlockKind::Paragraph, 0, {span("One ", false), span("two.", true)}},
             {BlockKind::Paragraph, 0, {}},
             {BlockKind::Paragraph, 0, {span("Three", true), span(" four ", true), span("five", false)}},
             {BlockKind::Paragraph, 0, {span("“", true), span("Six", false), span(" seven", true)}}}};
        QCOMPARE(pinnedPassages(text), std::vector<QString>({"two.\n\nThree four", "seven"})); // not the mark alone
    }

    void theReportGivesEveryWordOneOrigin() {
        const auto span = [](const char* text, Provenance p) { return Span{QString::fromUtf8(text), {}, p, 0}; };
        const SceneText text{{{BlockKind::Paragraph,
                               0,
                               {span("one two ", Provenance::Typed), span("three ", Provenance::Drafted),
                                span("fo", Provenance::Drafted), span("", Provenance::Imported),
                                span("ur", Provenance::Typed), span(" five ", Provenance::Edited),
                                span("six se", Provenance::Imported), span("ven", Provenance::Typed)}},
                              {BlockKind::Paragraph, 0, {span("eight", Provenance::Imported)}}}};
        const ProvenanceReport report = reportProvenance(text);
        QCOMPARE(report.words, 8);
        QCOMPARE(report.words, countWords(text.plain()));
        QCOMPARE(report.typed, 3);    // one, two, and "seven", which the writer finished
        QCOMPARE(report.drafted, 1);  // three
        QCOMPARE(report.edited, 2);   // "four" is half and half, five
        QCOMPARE(report.imported, 2); // six, eight
    }
};

} // namespace palimpsest

QTEST_APPLESS_MAIN(palimpsest::SceneTextTest)
#include "scene_text_test.moc"
