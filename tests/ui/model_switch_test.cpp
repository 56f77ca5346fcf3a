// The model switched off: nothing of it runs, the panel says so, and everything else goes on.
#include "tests/ui/window_fixture.h"
#include "ui/settings/app_settings.h"

#include <QAction>
#include <QCheckBox>
#include <QDir>
#include <QFile>
#include <QLabel>
#include <QMenuBar>
#include <unistd.h>

namespace palimpsest::test {
namespace {

// Processes this one started that still run.
int engineProcesses() {
    int found = 0;
    for (const QString& pid : QDir("/proc").entryList({"[0-9]*"}, QDir::Dirs)) {
        QFile file("/proc/" + pid + "/stat"); // pid (name) state ppid …
        if (!file.open(QIODevice::ReadOnly)) continue;
        const QByteArray stat = file.readAll();
        const QList<QByteArray> rest = stat.mid(stat.lastIndexOf(')') + 2).split(' ');
        found += rest.size() > 1 && rest[0] != "Z" && rest[1].toInt() == getpid();
    }
    return found;
}

QAction* action(MainWindow& window, const QString& text) {
    for (QAction* each : window.findChildren<QAction*>())
        if (each->text().remove('&') == text) return each;
    return nullptr;
}

QCheckBox* box(WindowFixture& f) {
    for (QCheckBox* each : f.window->panel().findChildren<QCheckBox*>())
        if (each->accessibleName() == "Use the model") return each;
    return nullptr;
}

// The window as it opens when the model was off the last time.
bool readyWithoutModel(WindowFixture& f) {
    f.window->openPath(f.path);
    f.window->show();
    return QTest::qWaitForWindowExposed(f.window.get()) &&
           QTest::qWaitFor([&] { return f.window->shownNode() == f.scene; });
}

} // namespace

class ModelSwitchTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void noProcessRunsWhileItIsOff() {
        WindowFixture f;
        QVERIFY(readyWithoutModel(f));
        QCOMPARE(engineProcesses(), 0);
        action(*f.window, "Use the model")->trigger();
        QVERIFY(QTest::qWaitFor([&] { return f.engine->state() == EngineService::State::Ready; }));
        QCOMPARE(engineProcesses(), 1);
        action(*f.window, "Use the model")->trigger();
        QCOMPARE(f.engine->state(), EngineService::State::Off);
        QVERIFY(QTest::qWaitFor([] { return engineProcesses() == 0; }));
    }

    void itIsRememberedAndMenuAndPanelAgree() {
        WindowFixture f;
        QVERIFY(f.ready());
        QAction* menu = action(*f.window, "Use the model");
        QVERIFY(menu->isChecked() && box(f)->isChecked());
        menu->trigger();
        QVERIFY(!box(f)->isChecked());
        QVERIFY(!AppSettings().usesModel());
        box(f)->click();
        QVERIFY(menu->isChecked());
        QVERIFY(AppSettings().usesModel());
    }

    void thePanelSaysSoAndAsksNothingOfTheWriter() {
        WindowFixture f;
        QVERIFY(readyWithoutModel(f));
        QStringList seen;
        for (QLabel* label : f.window->panel().findChildren<QLabel*>())
            if (label->isVisible() && !label->text().isEmpty()) seen << label->text();
        QVERIFY2(seen.contains("The model is switched off."), qPrintable(seen.join('|')));
        QCOMPARE(seen.size(), 2); // and the heading
        for (QPushButton* button : f.window->panel().findChildren<QPushButton*>()) QVERIFY(!button->isVisible());
        QVERIFY(!action(*f.window, "Continue here")->isEnabled());
        f.engine->start();
        QVERIFY(QTest::qWaitFor([&] { return f.engine->state() == EngineService::State::Ready; }));
        QVERIFY(action(*f.window, "Continue here")->isEnabled());
        QVERIFY(f.window->panel().findChild<QPushButton*>()->isVisible());
    }

    void theBarThatSaidItIsOffGoesWhenItIsOnAgain() {
        WindowFixture f;
        QVERIFY(readyWithoutModel(f));
        f.window->drafting().start(DraftKind::Continue);
        QVERIFY(f.window->bar().sentence().contains("switched off"));
        f.window->drafting().useModel(true);
        QCOMPARE(f.window->bar().sentence(), QString());
        QVERIFY(!f.window->bar().isVisible());
    }

    void anotherSentenceInTheBarStays() {
        WindowFixture f;
        QVERIFY(readyWithoutModel(f));
        f.window->drafting().start(DraftKind::Continue);
        f.window->say("Something else.");
        f.window->drafting().useModel(true);
        QCOMPARE(f.window->bar().sentence(), QString("Something else."));
    }

    void writingSavingAndMovingGoOn() {
        WindowFixture f;
        QVERIFY(readyWithoutModel(f));
        QSignalSpy saved(f.project.get(), &ProjectService::textSaved);
        QTest::keyClicks(&f.editor(), "Words. ");
        QVERIFY(saved.wait(5000));
        f.window->binder().select(f.other);
        f.window->binder().moveChosen(MoveWay::Up);
        QCOMPARE(f.project->node(f.other)->position, 0);
        QCOMPARE(engineProcesses(), 0);
        QVERIFY(f.stored().plain().startsWith("Words. "));
    }

    void whatWasDraftedBeforeStays() {
        WindowFixture f;
        QVERIFY(f.ready());
        f.window->drafting().start(DraftKind::Continue);
        QVERIFY(f.waitForRest());
        const QString words = f.passage()->session().text();
        f.window->drafting().useModel(false);
        QVERIFY(f.passage());
        f.passage()->accept();
        QVERIFY(f.text().contains(words));
    }
};

} // namespace palimpsest::test

QTEST_MAIN(palimpsest::test::ModelSwitchTest)
#include "model_switch_test.moc"
