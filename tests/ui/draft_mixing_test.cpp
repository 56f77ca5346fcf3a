// What the writer makes of a draft's words: the weakest moved again, others put in their place, sentences mixed.
#include "app/services/draft_passage.h"
#include "tests/ui/window_fixture.h"
#include "ui/drafting/draft_comparison.h"
#include "ui/drafting/provenance_report.h"

#include <QPlainTextEdit>
#include <QTextBrowser>
#include <QTreeWidget>

namespace palimpsest::test {
namespace {

const QString kText = " One two three four five six seven eight nine. Ten eleven twelve.";
const QStringList kTwoDrafts{"--text", kText};

int countOf(const QString& text, const QString& word) {
    return int(text.split(QRegularExpression("\\W+")).count(word));
}

std::vector<StepToken> decided(std::initializer_list<std::pair<const char*, float>> words) {
    std::vector<StepToken> tokens;
    for (const auto& [word, confidence] : words) tokens.push_back({word, confidence, PositionState::Committed});
    return tokens;
}

// A session that is told what the engine says by the test.
struct ToldSession {
    WindowFixture f{{"--delay-ms", "100000"}};
    DraftSession* session = nullptr;

    bool ready() {
        if (!f.ready()) return false;
        f.window->drafting().start(DraftKind::Continue);
        if (!QTest::qWaitFor([this] { return f.passage() != nullptr; })) return false;
        session = &f.passage()->session();
        return true;
    }
    void say(int index, std::vector<StepToken> tokens) {
        DraftStep step;
        step.draft = session->request().id;
        step.index = index;
        step.tokens = std::move(tokens);
        Q_EMIT f.engine->draftStepped(step);
    }
};

} // namespace

class DraftMixingTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theLeastSureWordsAreTheWeakest() {
        const auto tokens = decided({{"a", 0.9f}, {" b", 0.2f}, {" c", 0.8f}, {"d", 0.1f}, {" e", 0.7f}});
        QCOMPARE(weakestWords(tokens, 0.25), (std::vector<PositionRange>{{2, 2}}));
        QCOMPARE(weakestWords(tokens, 0.5), (std::vector<PositionRange>{{1, 1}, {2, 2}}));
        QCOMPARE(weakestWords(tokens, 0.01).size(), std::size_t(1));
        QVERIFY(weakestWords({}, 0.1).empty());
    }

    void whatTheWriterLockedIsNeverWeak() {
        auto tokens = decided({{"a", 0.1f}, {" b", 0.5f}});
        tokens[0].state = PositionState::Locked;
        QCOMPARE(weakestWords(tokens, 0.5), (std::vector<PositionRange>{{1, 1}}));
    }

    void onlyTheWeakestTenthIsMovedAgain() {
        WindowFixture f(kTwoDrafts);
        QVERIFY(f.ready());
        f.window->drafting().start(DraftKind::Continue);
        QVERIFY(f.waitForRest());
        f.passage()->moveTheWeakest();
        QVERIFY(QTest::qWaitFor([&] { return f.passage()->session().candidateCount() == 2; }));
        QVERIFY(f.waitForRest());
        QCOMPARE(countOf(f.passage()->session().text(), "new"), 1); // of twelve
        QVERIFY(f.passage()->session().text().contains("twelve"));
    }

    void wordsOfOtherPassesAreOfferedTheSurestFirst() {
        ToldSession t;
        QVERIFY(t.ready());
        t.say(0, decided({{"The", 1}, {" sea", 0.3f}}));
        t.say(1, decided({{"The", 1}, {" lake", 0.6f}}));
        t.say(2, decided({{"The", 1}, {" sea", 0.4f}}));
        t.say(3, decided({{"The", 1}, {" wind", 0.9f}}));
        QCOMPARE(t.session->alternatives(1), QStringList({"lake", "sea"}));
        QCOMPARE(t.session->alternatives(0), QStringList());
        t.session->replaceWord(1, "lake");
        QCOMPARE(t.session->text(), QString("The lake"));
        QCOMPARE(t.session->candidateCount(), 2);
        QCOMPARE(t.session->candidateText(0), QString("The wind")); // both are kept
    }

    void aMixOfSentencesIsADraftLikeAnyOther() {
        WindowFixture f(kTwoDrafts);
        QVERIFY(f.ready());
        f.window->drafting().start(DraftKind::Continue);
        QVERIFY(f.waitForRest());
        f.passage()->session().another();
        QVERIFY(QTest::qWaitFor([&] { return f.passage()->session().candidateCount() == 2; }));
        QVERIFY(f.waitForRest());
        f.window->drafting().compare();
        auto* comparison = f.window->findChild<DraftComparison*>();
        QVERIFY(comparison && comparison->isVisible());
        QCOMPARE(comparison->findChildren<QTextBrowser*>().size(), 2);
        comparison->take(1, 1);
        comparison->take(0, 0);
        comparison->take(0, 1);
        comparison->takeBack();
        QCOMPARE(comparison->mix(), QString(" Ten eleven twelve. One two three four five six seven eight nine."));
        comparison->use();
        DraftSession& session = f.passage()->session();
        QCOMPARE(session.candidateCount(), 3);
        QCOMPARE(session.text(), QString(" Ten eleven twelve. One two three four five six seven eight nine."));
        const QString before = f.text(), mixed = session.text();
        f.passage()->accept();
        QCOMPARE(f.text(), mixed + before);
    }

    void sentencesAreCutWithTheSpacesBehindThem() {
        QCOMPARE(sentencesOf(" One. “Two?” Three\n\nfour. "), QStringList({" One. ", "“Two?” ", "Three\n\nfour. "}));
        QCOMPARE(sentencesOf(""), QStringList());
    }

    void aRewriteShowsWhatItTookOutAndPutIn() {
        WindowFixture f;
        QVERIFY(f.ready());
        f.select(0, int(kParagraphs[0].size()));
        f.window->drafting().start(DraftKind::Rewrite);
        QVERIFY(f.waitForRest());
        const auto spoken = [&] {
            f.passage()->focus();
            QTest::keyClick(&f.passage()->view(), Qt::Key_Home);
            QString all;
            for (int i = 0; i < 20; ++i) {
                all += f.passage()->view().accessibleDescription().section(". The passage", 0, 0) + "|";
                QTest::keyClick(&f.passage()->view(), Qt::Key_Right);
            }
            return all;
        };
        QVERIFY2(QTest::qWaitFor([&] { return spoken().contains("answer, taken out"); }), qPrintable(spoken()));
        QVERIFY(spoken().contains("new, new"));
        const QString words = f.passage()->session().text();
        QVERIFY(!words.contains("answer")); // what is shown as taken out is no part of the draft
        f.window->drafting().setChangesShown(false);
        QVERIFY(!spoken().contains("taken out"));
        f.passage()->accept();
        QVERIFY(f.text().startsWith(words));
    }

    void theReportCountsWhatIsOnThePage() {
        WindowFixture f(kTwoDrafts);
        QVERIFY(f.ready());
        f.window->drafting().start(DraftKind::Continue);
        QVERIFY(f.waitForRest());
        QVERIFY(QTest::qWaitFor([&] { return f.passage()->session().storedId() != 0; }));
        f.passage()->accept();
        ProvenanceReportDialog report(*f.project, f.window.get());
        report.setAttribute(Qt::WA_DeleteOnClose, false);
        QVERIFY(QTest::qWaitFor([&] { return !report.summary().isEmpty(); }));
        QCOMPARE(report.table().topLevelItemCount(), 3); // the book and its two scenes
        int words = 12;
        for (const QString& paragraph : kParagraphs) words += countWords(paragraph);
        QCOMPARE(report.table().topLevelItem(0)->text(1), QString::number(words));
        QCOMPARE(report.table().topLevelItem(1)->text(3), QString("%1 %").arg(qRound(1200.0 / words)));
        QCOMPARE(report.table().topLevelItem(2)->text(3), QString("–"));
    }
};

} // namespace palimpsest::test

QTEST_MAIN(palimpsest::test::DraftMixingTest)
#include "draft_mixing_test.moc"
