// A passage on the page of the real window: its strip, and its going.
#include "tests/ui/window_fixture.h"
#include "ui/editor/word_choices.h"

#include <QScrollBar>
#include <QSlider>

namespace palimpsest::test {
namespace {

QPushButton* button(QWidget& in, const QString& name) {
    for (QPushButton* each : in.findChildren<QPushButton*>())
        if (each->accessibleName() == name) return each;
    return nullptr;
}

QSlider* scrubBar(Passage& passage) {
    return passage.strip().findChild<QSlider*>();
}

} // namespace

class PassageTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    // The page grows shorter and scrolls while the passage goes.
    void aPassageGoesFromTheEndOfAScrolledPage() {
        WindowFixture f;
        QVERIFY(f.ready());
        f.window->resize(1000, 500);
        f.editor().moveCursor(QTextCursor::End);
        for (int i = 0; i < 12; ++i) f.editor().insertPlainText("A paragraph that fills the page.\n");
        f.window->drafting().start(DraftKind::Continue);
        QVERIFY(f.waitForRest());
        QScrollBar* bar = f.editor().verticalScrollBar();
        bar->setValue(bar->maximum());
        const int before = bar->maximum();
        QVERIFY(before > 0);
        f.passage()->discard();
        QVERIFY(QTest::qWaitFor([&] { return !f.passage(); }));
        QVERIFY(bar->maximum() < before);
    }

    void theScrubBarEndsWhereTheDraftStopped() {
        WindowFixture f({"--delay-ms", "40", "--steps", "60"});
        QVERIFY(f.ready());
        f.window->drafting().start(DraftKind::Continue);
        QVERIFY(f.waitForSteps(3));
        QVERIFY(QTest::qWaitFor([&] { return scrubBar(*f.passage())->maximum() == 59; }));
        f.window->drafting().stop();
        QVERIFY(f.waitForRest());
        const int last = f.passage()->session().stepCount() - 1;
        QVERIFY(last < 59);
        QVERIFY(QTest::qWaitFor([&] { return scrubBar(*f.passage())->maximum() == last; }));
        QCOMPARE(scrubBar(*f.passage())->value(), last);
    }

    void restingOnAWordOffersWhatStoodThereAndAClickTakesIt() {
        WindowFixture f({"--waver"});
        QVERIFY(f.ready());
        f.window->drafting().start(DraftKind::Continue);
        QVERIFY(f.waitForRest());
        const QString before = f.passage()->session().text();
        PassageView& view = f.passage()->view();
        WordChoices& choices = f.passage()->choices();
        QVERIFY(!choices.isVisible());
        QTest::mouseMove(&view, view.rectOf(2).center()); // from there: a mouse that is there already does not move
        QTest::mouseMove(&view, view.rectOf(7).center());
        QVERIFY(QTest::qWaitFor([&] { return choices.isVisible(); }));
        QPushButton* grey = button(choices, "Put “grey” here");
        QVERIFY(grey);
        QTest::mouseClick(grey, Qt::LeftButton);
        QVERIFY(!choices.isVisible());
        QVERIFY(f.passage()->session().text() != before);
        QVERIFY(f.passage()->session().text().contains(" grey "));
        QCOMPARE(f.passage()->session().candidateCount(), 2); // the draft before is kept
    }

    void theChoicesGoWhenTheMouseHasLeftTheWord() {
        WindowFixture f({"--waver"});
        QVERIFY(f.ready());
        f.window->drafting().start(DraftKind::Continue);
        QVERIFY(f.waitForRest());
        PassageView& view = f.passage()->view();
        QTest::mouseMove(&view, view.rectOf(2).center()); // from there: a mouse that is there already does not move
        QTest::mouseMove(&view, view.rectOf(7).center());
        QVERIFY(QTest::qWaitFor([&] { return f.passage()->choices().isVisible(); }));
        QTest::mouseMove(&f.editor(), QPoint(5, 5));
        QVERIFY(QTest::qWaitFor([&] { return !f.passage()->choices().isVisible(); }));
    }

    void everyButtonOfTheStripCanBeReadInASmallWindow() {
        WindowFixture f;
        QVERIFY(f.ready());
        f.window->resize(1000, 700);
        f.window->drafting().start(DraftKind::Continue);
        QVERIFY(f.waitForRest());
        QTest::qWait(50);
        int shown = 0;
        for (QPushButton* each : f.passage()->strip().findChildren<QPushButton*>()) {
            if (!each->isVisible()) continue;
            ++shown;
            QVERIFY2(each->width() >= each->sizeHint().width(), qPrintable(each->text()));
        }
        QVERIFY(shown >= 4);
        f.window->resize(1700, 900);
        QVERIFY(QTest::qWaitFor([&] { return button(f.passage()->strip(), "Branch from here")->isVisible(); }));
    }
};

} // namespace palimpsest::test

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    palimpsest::test::PassageTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "passage_test.moc"
