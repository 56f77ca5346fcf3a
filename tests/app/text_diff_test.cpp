// The longest common subsequence against the obvious way, and diffs as a writer would mark them.
#include "app/document/sequence_diff.h"
#include "app/document/text_diff.h"
#include "app/document/text_parts.h"

#include <QRandomGenerator>
#include <QtTest>

namespace palimpsest {
namespace {

Block paragraph(const QString& words) {
    return {BlockKind::Paragraph, 0, {{words, {}, Provenance::Typed, 0}}};
}

SceneText textOf(const QStringList& paragraphs) {
    SceneText text;
    for (const QString& each : paragraphs) text.blocks.push_back(paragraph(each));
    return text;
}

int longest(const std::vector<int>& a, const std::vector<int>& b) { // quadratic
    std::vector<std::vector<int>> best(a.size() + 1, std::vector<int>(b.size() + 1));
    for (std::size_t i = 0; i < a.size(); ++i)
        for (std::size_t k = 0; k < b.size(); ++k)
            best[i + 1][k + 1] = a[i] == b[k] ? best[i][k] + 1 : std::max(best[i][k + 1], best[i + 1][k]);
    return best[a.size()][b.size()];
}

QStringList marked(const QString& text, const std::vector<Interval>& intervals) {
    QStringList parts;
    for (const Interval& each : intervals) parts << text.mid(each.begin, each.end - each.begin);
    return parts;
}

} // namespace

class TextDiffTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void commonRunsAreALongestCommonSubsequence() {
        QRandomGenerator random(3);
        for (int round = 0; round < 3000; ++round) {
            std::vector<int> a(random.bounded(24)), b(random.bounded(24));
            const int letters = 1 + random.bounded(6);
            for (int& each : a) each = random.bounded(letters);
            for (int& each : b) each = random.bounded(letters);
            int common = 0, endA = 0, endB = 0;
            for (const CommonRun& run : commonRuns(a, b)) {
                QVERIFY(run.a >= endA && run.b >= endB && run.length > 0);
                for (int i = 0; i < run.length; ++i) QCOMPARE(a[std::size_t(run.a + i)], b[std::size_t(run.b + i)]);
                endA = run.a + run.length;
                endB = run.b + run.length;
                common += run.length;
            }
            QCOMPARE(common, longest(a, b));
        }
    }

    void tenThousandDifferentWordsEnd() {
        std::vector<int> a(10'000), b(10'000);
        for (int i = 0; i < 10'000; ++i) a[std::size_t(i)] = i, b[std::size_t(i)] = 20'000 - i;
        QVERIFY(commonRuns(a, b).size() <= 1);
        b = a;
        b[5000] = -1;
        QCOMPARE(commonRuns(a, b).size(), 2U);
    }

    void aChangedWordIsTheOnlyOneMarked() {
        const SceneText before = textOf({"The ferry came late.", "She waited."});
        const SceneText after = textOf({"The ferry came early, at last.", "She waited."});
        const auto rows = diffTexts(before, after);
        QCOMPARE(rows.size(), 2U);
        QCOMPARE(marked(before.blocks[0].plain(), rows[0].removed), QStringList{"late"});
        QCOMPARE(marked(after.blocks[0].plain(), rows[0].added), QStringList{"early, at last"});
        QVERIFY(rows[1].same);
    }

    void twoWordsThatChangedAreOneChange() {
        const SceneText before = textOf({"He took the old lamp down."}),
                        after = textOf({"He took a bright lamp down."});
        const auto rows = diffTexts(before, after);
        QCOMPARE(marked(before.blocks[0].plain(), rows[0].removed), QStringList{"the old"});
        QCOMPARE(marked(after.blocks[0].plain(), rows[0].added), QStringList{"a bright"});
    }

    void newAndGoneParagraphsStandAlone() {
        const auto rows = diffTexts(textOf({"One two three.", "Gone without a trace.", "Last of all."}),
                                    textOf({"One two three.", "Last of all.", "Entirely other words here."}));
        QCOMPARE(rows.size(), 4U);
        QCOMPARE(rows[1].before, 1);
        QCOMPARE(rows[1].after, -1);
        QCOMPARE(rows[3].before, -1);
        QCOMPARE(rows[3].after, 2);
    }

    void aChangedParagraphIsFoundAmongNewOnes() {
        const SceneText before = textOf({"The keeper climbed the ninety-nine steps every night."});
        const SceneText after = textOf({"A new beginning.", "The keeper climbed the ninety-nine steps each night."});
        const auto rows = diffTexts(before, after);
        QCOMPARE(rows.size(), 2U);
        QCOMPARE(rows[1].before, 0);
        QCOMPARE(rows[1].after, 1);
        QCOMPARE(marked(before.blocks[0].plain(), rows[1].removed), QStringList{"every"});
    }

    void aChangeOfFormIsAChangeWithoutWords() {
        SceneText after = textOf({"The same words."});
        after.blocks[0].spans[0].marks.italic = true;
        const auto rows = diffTexts(textOf({"The same words."}), after);
        QVERIFY(!rows[0].same && rows[0].removed.empty() && rows[0].added.empty());
    }

    void everyBlockIsInOneRowAndRestoringAllGivesTheTextBefore() {
        QRandomGenerator random(5);
        const QStringList words{"sea", "lamp", "stair", "wind", "salt", "Nora"};
        const auto randomText = [&] {
            QStringList paragraphs;
            for (int i = random.bounded(12); i > 0; --i) {
                QStringList line;
                for (int k = random.bounded(8); k > 0; --k) line << words[random.bounded(int(words.size()))];
                paragraphs << line.join(u' ');
            }
            return textOf(paragraphs);
        };
        for (int round = 0; round < 300; ++round) {
            const SceneText before = randomText(), after = randomText();
            const auto rows = diffTexts(before, after);
            int a = 0, b = 0;
            SceneText restored = after;
            for (std::size_t i = 0; i < rows.size(); ++i) {
                if (rows[i].before >= 0) QCOMPARE(rows[i].before, a++);
                if (rows[i].after >= 0) QCOMPARE(rows[i].after, b++);
                QVERIFY(rows[i].before >= 0 || rows[i].after >= 0);
            }
            QCOMPARE(a, int(before.blocks.size()));
            QCOMPARE(b, int(after.blocks.size()));
            for (;;) { // one row after the other, as a writer would
                const auto left = diffTexts(before, restored);
                const auto row = std::find_if(left.begin(), left.end(), [](const DiffRow& r) { return !r.same; });
                if (row == left.end()) break;
                restored = withRowRestored(before, restored, left, std::size_t(row - left.begin()));
            }
            QCOMPARE(restored, before);
        }
    }
};

// Cutting, joining and merging.
class TextPartsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void whatIsCutAnywhereAndJoinedIsTheSame() {
        SceneText text = textOf({"One two.", {}, "Three four five."});
        text.blocks[2].spans = {{"Three ", {true, false, false, false}, Provenance::Drafted, 4},
                                {"four five.", {}, Provenance::Edited, 4}};
        for (int block = 0; block <= 3; ++block) {
            for (qsizetype offset = 0; offset <= 18; ++offset) {
                const CutText cut = cutText(text, {block, offset});
                QCOMPARE(joinTexts(cut.first, cut.second, cut.insideParagraph), text);
            }
        }
        const CutText cut = cutText(text, {2, 8});
        QCOMPARE(cut.first.blocks.back().spans.back().provenance, Provenance::Edited);
        QCOMPARE(cut.second.blocks.front().spans.front().draft, 4);
    }

    void changesOfDifferentParagraphsAreBothDone() {
        const SceneText base = textOf({"a a", "b b", "c c"});
        const SceneText mine = textOf({"a a", "b b", "c c", "mine"});
        const SceneText theirs = textOf({"A", "b b", "c c"});
        QCOMPARE(mergeChanges(base, mine, theirs), textOf({"A", "b b", "c c", "mine"}));
    }

    void aParagraphChangedInBothKeepsMine() {
        const SceneText base = textOf({"a", "b", "c"});
        QCOMPARE(mergeChanges(base, textOf({"a", "mine", "c"}), textOf({"A", "theirs", "C"})),
                 textOf({"A", "mine", "C"}));
    }

    void whatWasCutAwayDoesNotComeBackWithWhatWasTypedMeanwhile() {
        const SceneText base = textOf({"a", "b", "c"}), theirs = textOf({"a"}); // b and c went elsewhere
        QCOMPARE(mergeChanges(base, textOf({"a", "b", "c", "typed"}), theirs), textOf({"a", "typed"}));
        QCOMPARE(mergeChanges(base, textOf({"a", "b", "c typed"}), theirs), textOf({"a", "c typed"}));
        QCOMPARE(mergeChanges(theirs, textOf({"a", "typed"}), base), textOf({"a", "b", "c", "typed"}));
    }

    void aPlaceIsFollowedThroughEditsAroundIt() {
        const SceneText base = textOf({"a", "b", "c", "d"});
        QCOMPARE(followPlace(base, textOf({"new", "a", "b", "c", "d"}), {2, 0}), (TextPlace{3, 0}));
        QCOMPARE(followPlace(base, textOf({"a", "b", "changed", "d"}), {2, 0}), (TextPlace{2, 0}));
        QCOMPARE(followPlace(base, textOf({"a", "changed", "more", "c", "d"}), {2, 0}), (TextPlace{3, 0}));
        QCOMPARE(followPlace(base, textOf({"x", "y"}), {4, 0}), (TextPlace{2, 0}));
    }
};

} // namespace palimpsest

int main(int argc, char** argv) {
    QCoreApplication application(argc, argv);
    palimpsest::TextDiffTest diff;
    palimpsest::TextPartsTest parts;
    const int failed = QTest::qExec(&diff, argc, argv);
    return failed + QTest::qExec(&parts, argc, argv);
}
#include "text_diff_test.moc"
