// Pictures of the real window, for looking at: window_shots FOLDER [ENGINE MODEL]. Without an engine a fake one says what
// it is told. Not a test; QT_SCALE_FACTOR=2 for the sharp ones.
#include "app/services/sample_project.h"
#include "tests/ui/window_fixture.h"

#include <QAction>
#include <QSlider>

namespace palimpsest {
namespace {

const QStringList kFake{
    "--steps",
    "12",
    "--delay-ms",
    "150",
    "--text",
    " The water had been so still that she could see the chain going down and down, green, and then only the idea of "
    "it. When she looked back at the shore he was a small dark stroke on the jetty, and he had lifted his hand as "
    "though to stop her."};
constexpr int kPatienceMs = 60'000;

class Photographer {
public:
    Photographer(QString folder, const QString& engine, const QString& model)
        : m_isReal(!engine.isEmpty()),
          m_folder(std::move(folder)),
          m_rig(m_isReal ? QStringList() : kFake, m_isReal ? engine : QStringLiteral(FAKE_ENGINE)),
          m_window(*m_rig.window) {
        const QString book = m_rig.folder.filePath("sample.palimpsest");
        if (auto made = createProjectFrom(QString(PALIMPSEST_SOURCE_DIR) + "/resources/samples/the-winter-ferry", book);
            !made)
            qFatal("%s", made.error().message.c_str());
        m_rig.theme->choose(Theme::Choice::Light);
        m_window.resize(1440, 900);
        m_window.openPath(book);
        if (!model.isEmpty()) m_rig.engine->loadModel(model);
        m_rig.engine->start();
        m_window.show();
        wait([this] { return m_rig.engine->state() == EngineService::State::Ready && m_window.shownNode(); });
        caretBehind("second buoy.");
        QTest::qWait(m_isReal ? 6000 : 900); // the budget bar; the reading ahead
    }

    void takeAll() {
        both("1-idle");
        forming();
        several();
        engineGone();
        sizes();
        nothing();
    }

private:
    template<class Condition>
    void wait(Condition condition) {
        (void)QTest::qWaitFor(condition, kPatienceMs);
    }
    void waitForSteps(int steps) {
        wait([=, this] { return m_rig.passage() && m_rig.passage()->session().stepCount() >= steps; });
    }
    void waitForRest() {
        wait([this] { return m_rig.passage() && m_rig.phase() == DraftSession::Phase::Resting; });
    }
    // Several words in motion, sure ones among them.
    void waitForMotion() {
        wait([this] {
            int moving = 0, sure = 0;
            for (const StepToken& token : m_rig.passage()->session().tokens()) {
                moving += token.state == PositionState::Moving;
                sure += token.state == PositionState::Moving && token.confidence >= kSureConfidence;
            }
            return (moving >= 4 && sure >= 2) || m_rig.phase() == DraftSession::Phase::Resting;
        });
    }
    void caretBehind(const QString& words) {
        m_rig.caretTo(int(m_window.editor().toPlainText().indexOf(words) + words.size()));
    }
    void set(const char* slider, int value) {
        for (QSlider* each : m_window.panel().findChildren<QSlider*>())
            if (each->accessibleName() == slider) each->setValue(value);
    }
    void shoot(const QString& name) {
        QTest::qWait(250);
        shootNow(name);
    }
    void shootNow(const QString& name) {
        QTest::qWait(10); // what the session has is painted in the next turn
        const char* scale = qgetenv("QT_SCALE_FACTOR").isEmpty() ? "1x" : "2x";
        m_window.grab().save(QString("%1/%2-%3.png").arg(m_folder, name, scale));
    }
    void both(const QString& name) {
        shoot(name + "-light");
        m_rig.theme->choose(Theme::Choice::Dark);
        shoot(name + "-dark");
        m_rig.theme->choose(Theme::Choice::Light);
    }

    void forming() {
        if (m_isReal) set("Temperature", 6);
        m_window.drafting().start(DraftKind::Continue);
        waitForSteps(m_isReal ? 40 : 6);
        m_rig.passage()->session().toggleLock(6);
        m_rig.passage()->session().toggleLock(12);
        waitForSteps(m_isReal ? 50 : 8);
        waitForMotion();
        shootNow("2-forming-light");
        m_rig.theme->choose(Theme::Choice::Dark);
        waitForMotion();
        shootNow("2-forming-dark");
        m_rig.theme->choose(Theme::Choice::Light);
        waitForRest();
        m_rig.passage()->focus();
        QTest::keyClick(&m_rig.passage()->view(), Qt::Key_Right);
        both("3-resting");
        m_rig.passage()->session().scrubTo(m_rig.passage()->session().stepCount() / 3);
        shoot("4-scrubbed-light");
        m_rig.passage()->accept();
        QTest::qWait(50);
        for (QAction* action : m_window.findChildren<QAction*>())
            if (action->shortcut() == QKeySequence(Qt::CTRL | Qt::ALT | Qt::Key_P)) action->trigger();
        both("5-accepted-with-provenance");
    }

    void several() {
        caretBehind("and so thick");
        set("Drafts", 3);
        set("Length", 20);
        m_window.drafting().start(DraftKind::Infill);
        waitForRest();
        both("6-several");
        set("Drafts", 1);
        m_rig.passage()->discard();
        QTest::qWait(50);
    }

    void engineGone() {
        m_window.say("The engine ended (killed, perhaps for want of memory); it was started again.");
        shoot("7-engine-ended-light");
        m_rig.engine->stop();
        both("8-model-off");
        m_window.drafting().start(DraftKind::Continue);
        shoot("9-asked-while-off-light");
        m_rig.engine->start();
        wait([this] { return m_rig.engine->state() == EngineService::State::Ready; });
    }

    void sizes() {
        m_window.resize(1000, 700);
        m_window.drafting().start(DraftKind::Continue);
        waitForRest();
        both("10-small");
        m_window.resize(1440, 900);
        for (QAction* action : m_window.findChildren<QAction*>())
            if (action->shortcut() == QKeySequence(Qt::Key_F11)) action->trigger();
        QTest::qWait(300);
        both("11-full-screen");
        for (QAction* action : m_window.findChildren<QAction*>())
            if (action->shortcut() == QKeySequence(Qt::Key_F11)) action->trigger();
    }

    void nothing() {
        m_window.resize(1440, 900);
        const QString path = m_rig.folder.filePath("New book.palimpsest");
        m_window.createProject(path);
        wait([&] { return m_rig.project->path() == path; });
        both("12-empty-project");
        m_window.openPath(m_rig.folder.filePath("nothing.palimpsest"));
        shoot("13-bad-path-light");
    }

    bool m_isReal;
    QString m_folder;
    test::WindowFixture m_rig;
    MainWindow& m_window;
};

} // namespace
} // namespace palimpsest

int main(int argc, char** argv) {
    QTemporaryDir settings;
    qputenv("XDG_CONFIG_HOME", settings.path().toUtf8());
    QApplication application(argc, argv);
    const auto argument = [&](int i) { return i < argc ? QString::fromLocal8Bit(argv[i]) : QString(); };
    palimpsest::Photographer(argc > 1 ? argument(1) : ".", argument(2), argument(3)).takeAll();
    return 0;
}
