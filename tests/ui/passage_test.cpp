// A passage on the page of the real window: its strip, and its going.
#include "tests/ui/window_fixture.h"

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
