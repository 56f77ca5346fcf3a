#include "app/document/provenance.h"

#include <QtTest>

namespace palimpsest {
namespace {

constexpr qint64 kDraft = 5;

Block drafted(const char* text) {
    return {BlockKind::Paragraph, 0, {{QString::fromUtf8(text), {}, Provenance::Drafted, kDraft}}};
}

// The block as text, each span in its provenance's brackets: typed, {drafted}, [edited].
QString shown(const Block& block) {
    QString text;
    for (const Span& span : block.spans) {
        if (span.provenance == Provenance::Typed) text += span.text;
        if (span.provenance == Provenance::Drafted) text += u'{' + span.text + u'}';
        if (span.provenance == Provenance::Edited) text += u'[' + span.text + u']';
    }
    return text;
}

QString edited(const Block& block, qsizetype position, qsizetype removed, const char* inserted) {
    return shown(applyEdit(block, {position, removed, QString::fromUtf8(inserted), {}}));
}

} // namespace

class ProvenanceTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void typingInsideADraftedSentenceSplitsItAndMakesTheRestEdited() {
        QCOMPARE(edited(drafted("The sea rose."), 8, 0, "slowly "), QStringLiteral("[The sea ]slowly [rose.]"));
    }

    void onlyTheSentenceThatWasChangedBecomesEdited() {
        const Block block = drafted("It rained. The sea rose. She left.");
        QCOMPARE(edited(block, 15, 3, "lake"), QStringLiteral("{It rained. }[The ]lake[ rose. ]{She left.}"));
    }

    void deletingInsideADraftedSentenceMakesItEdited() {
        QCOMPARE(edited(drafted("The grey sea rose. Then not."), 4, 5, ""),
                 QStringLiteral("[The sea rose. ]{Then not.}"));
    }

    void writingOnAfterADraftLeavesItDrafted() {
        QCOMPARE(edited(drafted("The sea rose."), 13, 0, " She ran."), QStringLiteral("{The sea rose.} She ran."));
        QCOMPARE(edited(drafted("The sea rose."), 0, 0, "So: "), QStringLiteral("So: {The sea rose.}"));
    }

    void trimmingTheEndLeavesTheRestDrafted() {
        QCOMPARE(edited(drafted("The sea rose. She left."), 13, 10, ""), QStringLiteral("{The sea rose.}"));
        QCOMPARE(edited(drafted("The sea rose."), 7, 6, ""), QStringLiteral("{The sea}"));
    }

    void takingOutAWholeSentenceChangesNone() {
        QCOMPARE(edited(drafted("It rained. The sea rose. She left."), 11, 14, ""),
                 QStringLiteral("{It rained. She left.}"));
    }

    void anEditOverTwoSentencesChangesBoth() {
        QCOMPARE(edited(drafted("It rained. The sea rose. She left."), 3, 12, ""),
                 QStringLiteral("[It sea rose. ]{She left.}"));
    }

    void typingInTypedTextBesideADraftChangesNothing() {
        Block block = drafted("The sea rose.");
        block.spans.insert(block.spans.begin(), {QStringLiteral("Mine. "), {}, Provenance::Typed, 0});
        QCOMPARE(edited(block, 4, 0, "x"), QStringLiteral("Minex. {The sea rose.}"));
        QCOMPARE(edited(block, 6, 0, "x"), QStringLiteral("Mine. x{The sea rose.}"));
    }

    void draftIdAndMarksStayWithEditedWords() {
        Block block = drafted("The sea rose.");
        block.spans[0].marks.italic = true;
        const Block after = applyEdit(block, {8, 0, QStringLiteral("x"), Marks{true, false, false, false}});
        QCOMPARE(after.spans[0].draft, kDraft);
        QVERIFY(after.spans[0].marks.italic);
        QCOMPARE(after.spans[1].draft, qint64(0));
        QVERIFY(after.spans[1].marks.bold && !after.spans[1].marks.italic);
    }

    void noEditChangesNothingAndNothingIsOutOfRange() {
        QCOMPARE(edited(drafted("The sea rose."), 5, 0, ""), QStringLiteral("{The sea rose.}"));
        QCOMPARE(edited(drafted("The sea."), -3, 900, "x"), QStringLiteral("x"));
        QCOMPARE(edited(drafted("The sea."), 900, 3, "x"), QStringLiteral("{The sea.}x"));
        QCOMPARE(edited({}, 0, 0, "x"), QStringLiteral("x"));
    }

    void theEditorsViewAgreesWithApplyEdit() {
        // the editor has put "never " (Typed) into its own document and asks which part to mark
        Block after = drafted("It rained. The sea ");
        after.spans.push_back({QStringLiteral("never "), {}, Provenance::Typed, 0});
        after.spans.push_back({QStringLiteral("rose. She left."), {}, Provenance::Drafted, kDraft});
        const auto sentence = editedSentence(after, 19, 6);
        QVERIFY(sentence.has_value());
        QCOMPARE(*sentence, (Interval{11, 31}));
        QVERIFY(!editedSentence(after, 0, 2));
        QVERIFY(!editedSentence(after, 40, 0));
    }

    void sentencesEndAtPunctuationWithASpace_data() {
        QTest::addColumn<QString>("text");
        QTest::addColumn<int>("position");
        QTest::addColumn<QString>("sentence");
        const auto row = [](const char* text, int position, const char* sentence) {
            QTest::newRow(text) << QString::fromUtf8(text) << position << QString::fromUtf8(sentence);
        };
        row("One. Two. Three.", 6, "Two. ");
        row("“One!” she said. Two.", 2, "“One!” ");
        row("At 3.15 it came. Two.", 4, "At 3.15 it came. ");
        row("One… Two.", 6, "Two.");
        row("海だ。空だ。", 3, "空だ。");
        row("No end at all", 5, "No end at all");
    }
    void sentencesEndAtPunctuationWithASpace() {
        QFETCH(QString, text);
        QFETCH(int, position);
        QFETCH(QString, sentence);
        const Interval found = sentenceAround(text, position);
        QCOMPARE(text.mid(found.begin, found.end - found.begin), sentence);
    }
};

} // namespace palimpsest

QTEST_APPLESS_MAIN(palimpsest::ProvenanceTest)
#include "provenance_test.moc"
