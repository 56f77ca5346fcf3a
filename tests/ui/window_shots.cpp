// Pictures of the real window with an engine that is told what to say, for looking at: window_shots FOLDER.
// Not a test; run it under a display (xvfb-run) and with QT_SCALE_FACTOR=2 as well.
#include "app/services/sample_project.h"
#include "tests/ui/window_fixture.h"

namespace {

using namespace std::chrono_literals;

void shoot(palimpsest::MainWindow& window, const QString& file) {
    QTest::qWait(250);
    window.grab().save(file);
}

} // namespace

int main(int argc, char** argv) {
    using palimpsest::Theme;
    QTemporaryDir settings;
    qputenv("XDG_CONFIG_HOME", settings.path().toUtf8());
    QApplication application(argc, argv);
    const QString folder = QString::fromLocal8Bit(argc > 1 ? argv[1] : ".");
    palimpsest::test::WindowFixture fixture(
        {"--steps", "12", "--delay-ms", "150", "--text",
         " The water had been so still that she could see the chain going down and down, green, and then only the idea "
         "of it. When she looked back at the shore he was a small dark stroke on the jetty, and he had lifted his hand "
         "as though to stop her."});
    const QString book = fixture.folder.filePath("sample.palimpsest");
    if (auto made =
            palimpsest::createProjectFrom(QString(PALIMPSEST_SOURCE_DIR) + "/resources/samples/the-winter-ferry", book);
        !made)
        qFatal("%s", made.error().message.c_str());
    palimpsest::MainWindow& window = *fixture.window;
    fixture.theme->choose(Theme::Choice::Light);
    window.resize(1440, 900);
    window.openPath(book);
    fixture.engine->start();
    window.show();
    const QString scale = qgetenv("QT_SCALE_FACTOR").isEmpty() ? "1x" : "2x";
    const auto name = [&](const char* what) { return folder + "/" + what + "-" + scale + ".png"; };
    (void)QTest::qWaitFor(
        [&] { return fixture.engine->state() == palimpsest::EngineService::State::Ready && window.shownNode(); });
    const QString text = window.editor().toPlainText();
    fixture.caretTo(int(text.indexOf("second buoy.")) + 12);
    QTest::qWait(900); // the budget bar
    shoot(window, name("idle-light"));
    fixture.theme->choose(Theme::Choice::Dark);
    shoot(window, name("idle-dark"));
    fixture.theme->choose(Theme::Choice::Light);
    window.drafting().start(palimpsest::DraftKind::Continue);
    (void)QTest::qWaitFor([&] { return fixture.passage() && fixture.passage()->session().stepCount() >= 6; });
    fixture.passage()->session().toggleLock(6);
    fixture.passage()->session().toggleLock(12);
    (void)QTest::qWaitFor([&] { return fixture.passage()->session().stepCount() >= 8; });
    shoot(window, name("drafting-light"));
    fixture.theme->choose(Theme::Choice::Dark);
    shoot(window, name("drafting-dark"));
    (void)fixture.waitForRest();
    fixture.passage()->focus();
    QTest::keyClick(&fixture.passage()->view(), Qt::Key_Right);
    shoot(window, name("resting-dark"));
    fixture.theme->choose(Theme::Choice::Light);
    shoot(window, name("resting-light"));
    fixture.passage()->accept();
    window.say("The engine ended (killed); started again.");
    shoot(window, name("accepted-light"));
    fixture.caretTo(0);
    const int middle = int(window.editor().toPlainText().indexOf("and so thick"));
    fixture.caretTo(middle);
    window.drafting().start(palimpsest::DraftKind::Infill);
    (void)QTest::qWaitFor([&] { return fixture.passage() && fixture.passage()->session().stepCount() >= 9; });
    shoot(window, name("midst-light"));
    return 0;
}
