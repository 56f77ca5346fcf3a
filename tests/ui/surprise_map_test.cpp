// The model's surprise at the writer's own words, marked on the page of the real window. The fake engine is surprised by
// long words: half as many nats again as letters.
#include "tests/ui/window_fixture.h"
#include "ui/drafting/surprise_bar.h"
#include "ui/editor/split_page.h"

#include <QAction>

namespace palimpsest::test {

class SurpriseMapTest : public QObject {
    Q_OBJECT
    std::unique_ptr<WindowFixture> m_it;

    SurpriseMap& map() { return m_it->window->surprises(); }
    SurpriseBar& bar() { return *m_it->window->findChild<SurpriseBar*>(); }
    QStringList marked(int least = 1) {
        QStringList words;
        for (const SurpriseMap::Word& word : map().words()) {
            if (surpriseLevel(word.nats) >= least) words << word.text;
            const QString there = m_it->text().mid(word.begin, word.end - word.begin);
            if (there != word.text) words << "misplaced " + word.text;
        }
        return words;
    }
    void askAll() {
        m_it->editor().selectAll();
        QTest::keyClick(m_it->window.get(), Qt::Key_W, Qt::ControlModifier | Qt::AltModifier);
        QTRY_VERIFY(!map().isAsking());
        m_it->caretTo(0);
    }

private Q_SLOTS:
    void init() {
        m_it = std::make_unique<WindowFixture>();
        QVERIFY(m_it->ready());
        QTRY_VERIFY(m_it->window->drafting().usesModel());
    }
    void cleanup() { m_it.reset(); }

    void theSelectionIsMarkedAndTheBarSaysWhatItMeans() {
        QVERIFY(!bar().isVisible());
        askAll();
        QCOMPARE(marked(), QStringList({"answer", "those", "stood", "watch"}));
        QCOMPARE(map().words().size(), std::size_t(25));
        QVERIFY(bar().isVisible());
        QVERIFY(!m_it->editor().document()->isUndoAvailable()); // the text knows nothing of it
    }

    void withoutASelectionItIsTheParagraphAtTheCaret() {
        m_it->caretTo(40);
        map().ask();
        QTRY_VERIFY(!map().isAsking());
        QCOMPARE(marked(), QStringList{"those"});
    }

    void anEditedWordLosesItsMarkAndNoOther() {
        askAll();
        m_it->caretTo(int(m_it->text().indexOf("answer")) + 2);
        QTest::keyClicks(&m_it->editor(), "x");
        QCOMPARE(marked(), QStringList({"those", "stood", "watch"}));
        m_it->caretTo(int(m_it->text().indexOf("those")) + 5);
        QTest::keyClicks(&m_it->editor(), " ");
        QCOMPARE(marked(), QStringList({"those", "stood", "watch"})); // a space behind it is no part of it
        QTest::keyClick(&m_it->editor(), Qt::Key_Backspace);
        QTest::keyClicks(&m_it->editor(), "x");
        QCOMPARE(marked(), QStringList({"stood", "watch"}));
        m_it->select(int(m_it->text().indexOf("He stood")), int(m_it->text().indexOf("slip")));
        QTest::keyClick(&m_it->editor(), Qt::Key_Delete);
        QCOMPARE(marked(), QStringList{"watch"});
        m_it->caretTo(0);
        QTest::keyClick(&m_it->editor(), Qt::Key_Return);
        QCOMPARE(marked(), QStringList{"watch"});
    }

    void makingAWordBoldLeavesItsMark() {
        askAll();
        const int at = int(m_it->text().indexOf("those"));
        m_it->select(at, at + 5);
        m_it->editor().toggleBold();
        QCOMPARE(marked(), QStringList({"answer", "those", "stood", "watch"}));
    }

    void clearingTakesAllMarksAway() {
        askAll();
        QTest::keyClick(m_it->window.get(), Qt::Key_W, Qt::ControlModifier | Qt::AltModifier); // again: off
        QVERIFY(map().words().empty());
        QVERIFY(!bar().isVisible());
    }

    void theWeakestTenthIsRewrittenAndNothingElse() {
        askAll();
        map().moveTheWeakest();
        QVERIFY(m_it->waitForRest());
        const QString text = m_it->passage()->session().text();
        QCOMPARE(text.count("new"), 3); // of 25 words
        QVERIFY2(text.startsWith("She did not new him at once."), qPrintable(text));
        QVERIFY(!bar().isVisible());
        m_it->passage()->accept();
        QVERIFY2(m_it->text().startsWith("She did not new him at once.\nIt was a bell buoy"), qPrintable(m_it->text()));
        QVERIFY(m_it->text().endsWith("."));
    }

    void theBarGivesWayToTheOtherHalf() {
        m_it->window->resize(1200, 700);
        QTest::keyClick(m_it->window.get(), Qt::Key_Backslash, Qt::ControlModifier);
        QTRY_VERIFY(m_it->window->halves().other());
        const auto areAlike = [this] {
            const QList<int> sizes = m_it->window->halves().sizes();
            return std::abs(sizes.at(0) - sizes.at(1)) <= 1; // of an odd number of pixels
        };
        QTRY_VERIFY(areAlike());
        askAll();
        QTRY_VERIFY(bar().isVisible());
        QTest::qWait(50);
        QVERIFY2(areAlike(), qPrintable(QString::number(m_it->window->halves().sizes().at(1))));
        QCOMPARE(m_it->window->width(), 1200);
        for (const QWidget* part : bar().findChildren<QWidget*>())
            QVERIFY2(bar().rect().contains(part->geometry()), qPrintable(part->accessibleName()));
    }

    void withTheModelSwitchedOffNothingIsMarkedOrAsked() {
        askAll();
        m_it->engine->stop();
        QVERIFY(map().words().empty());
        QVERIFY(!bar().isVisible());
        for (QAction* action : m_it->window->findChildren<QAction*>())
            if (action->text().contains("surprise the model")) QVERIFY(!action->isEnabled());
        map().ask();
        QVERIFY(!map().isAsking());
        QVERIFY(m_it->window->bar().sentence().contains("switched off"));
    }
};

} // namespace palimpsest::test

QTEST_MAIN(palimpsest::test::SurpriseMapTest)
#include "surprise_map_test.moc"
