// What is wrong from outside is said in one sentence in the window: nothing modal, nothing lost, the page goes on.
#include "tests/ui/window_fixture.h"

#include <QFile>
#include <QLabel>
#include <sys/stat.h>
#include <unistd.h>

namespace palimpsest::test {
namespace {

bool isOneSentence(const QString& text) {
    return text.size() > 10 && text.endsWith(u'.') && !text.contains(u'\n');
}

// All the panel says; an engine's trouble is among it.
QString panelText(MainWindow& window) {
    QStringList texts;
    for (QLabel* label : window.panel().findChildren<QLabel*>())
        if (label->isVisible()) texts << label->text();
    return texts.join(u'\n');
}

// A window whose engine is `program`, with the scene open.
struct WithEngine : WindowFixture {
    explicit WithEngine(const QString& program, const QStringList& arguments = {}) : WindowFixture(arguments, program) {
        window->openPath(path);
        engine->start();
        window->show();
        opened = QTest::qWaitForWindowExposed(window.get()) &&
                 QTest::qWaitFor([this] { return window->shownNode() == scene; });
    }
    bool opened = false;
};

void writeStillWorks(WindowFixture& f) {
    QVERIFY(!QApplication::activeModalWidget());
    f.caretTo(0);
    QTest::keyClicks(&f.editor(), "Still here. ");
    QVERIFY(f.stored().blocks[0].spans[0].text.startsWith("Still here. "));
}

} // namespace

class BadInputTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aFileThatIsNoProjectIsNamedAndLeftAlone() {
        WindowFixture f;
        QVERIFY(f.ready());
        const QString path = f.folder.filePath("letter.txt");
        QFile file(path);
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write("Dear Marta,\n");
        file.close();
        f.window->openPath(path);
        QVERIFY(QTest::qWaitFor([&] { return f.window->bar().sentence().contains("letter.txt"); }));
        QVERIFY2(isOneSentence(f.window->bar().sentence()), qPrintable(f.window->bar().sentence()));
        QVERIFY(file.open(QIODevice::ReadOnly));
        QCOMPARE(file.readAll(), QByteArray("Dear Marta,\n"));
        QCOMPARE(f.window->shownNode(), f.scene);
        writeStillWorks(f);
    }

    void aFolderThatMayNotBeWrittenIsRefusedWithWhatToDo() {
        WindowFixture f;
        QVERIFY(f.ready());
        QTemporaryDir locked;
        const QString path = locked.filePath("book.palimpsest");
        ProjectStore::create(path, "Book");
        ::chmod(QFile::encodeName(locked.path()).constData(), 0555);
        const bool superuser = ::geteuid() == 0; // may write everywhere, so be somebody else for a moment
        ::chmod(QFile::encodeName(path).constData(), 0666);
        if (superuser) QCOMPARE(::setresuid(65534, 65534, 0), 0);
        f.window->openPath(path);
        const bool said = QTest::qWaitFor([&] { return f.window->bar().sentence().contains("book.palimpsest"); });
        if (superuser) QCOMPARE(::setresuid(0, 0, 0), 0);
        ::chmod(QFile::encodeName(locked.path()).constData(), 0755);
        QVERIFY(said);
        QVERIFY(f.window->bar().sentence().contains("copy"));
        QCOMPARE(f.window->shownNode(), f.scene);
        writeStillWorks(f);
    }

    void aMissingEngineIsSaidInThePanelAndWhenADraftIsAskedFor() {
        WithEngine f("/nowhere/palimpsest-engine");
        QVERIFY(f.opened);
        QVERIFY(QTest::qWaitFor([&] { return f.engine->state() == EngineService::State::Failed; }));
        QVERIFY2(panelText(*f.window).contains("palimpsest-engine is not beside"), qPrintable(panelText(*f.window)));
        f.window->drafting().start(DraftKind::Continue);
        QVERIFY2(isOneSentence(f.window->bar().sentence()), qPrintable(f.window->bar().sentence()));
        QVERIFY(f.window->bar().sentence().contains("installer/run"));
        QVERIFY(!f.passage());
        writeStillWorks(f);
    }

    void anEngineThatEndsEachTimeIsSaidToNeedBuilding() {
        WithEngine f("/bin/false");
        QVERIFY(f.opened);
        QVERIFY(QTest::qWaitFor([&] { return panelText(*f.window).contains("ends each time"); }, 15'000));
        QVERIFY(f.engine->sentence().contains("exit status 1"));
        QVERIFY(f.window->bar().sentence().isEmpty()); // whoever only writes is not disturbed
        f.window->drafting().start(DraftKind::Continue);
        QCOMPARE(f.window->bar().sentence(), f.engine->sentence());
        QVERIFY(!f.passage());
        writeStillWorks(f);
    }

    void aModelThatIsNotInstalledIsSaidInThePanel() {
        WithEngine f(FAKE_ENGINE, {"--no-model"});
        QVERIFY(f.opened);
        QVERIFY(QTest::qWaitFor([&] { return panelText(*f.window).contains("No model is installed"); }));
        writeStillWorks(f);
    }

    void aDraftThatEndsWithoutAWordLeavesThePageAndSaysSo() {
        WindowFixture f({"--crash-at", "0"});
        QVERIFY(f.ready());
        const QString before = f.text();
        f.window->drafting().start(DraftKind::Continue);
        QVERIFY(QTest::qWaitFor([&] { return f.window->bar().sentence().contains("Nothing was drafted"); }));
        QVERIFY(QTest::qWaitFor([&] { return !f.passage(); }));
        QCOMPARE(f.text(), before);
        writeStillWorks(f);
    }

    void anEmptyProjectSaysHowToBegin() {
        WindowFixture f;
        QVERIFY(f.ready());
        const QString path = f.folder.filePath("empty.palimpsest");
        f.window->createProject(path);
        QPushButton* begin = nullptr;
        QVERIFY(QTest::qWaitFor([&] {
            for (QPushButton* each : f.window->findChildren<QPushButton*>())
                if (each->accessibleName() == "New scene" && each->isVisible()) begin = each;
            return begin != nullptr && f.project->path() == path;
        }));
        QTest::mouseClick(begin, Qt::LeftButton);
        QVERIFY(QTest::qWaitFor([&] { return f.window->shownNode() != 0 && f.project->nodes().size() == 1; }));
    }
};

} // namespace palimpsest::test

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    palimpsest::test::BadInputTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "bad_input_test.moc"
