// What belongs to one project stays in it when another is opened.
#include "tests/ui/window_fixture.h"

namespace palimpsest::test {
namespace {

// A second project, whose ids are those of the fixture's, with a draft of its own.
struct Two : WindowFixture {
    explicit Two(const QStringList& engineArguments = {}) : WindowFixture(engineArguments) {
        second = folder.filePath("second.palimpsest");
        auto made = ProjectStore::create(second, "Second");
        StoredDraft draft;
        draft.node = *made.store->addNode(0, 0, NodeKind::Scene, "Scene");
        draft.created = QDateTime::currentDateTimeUtc();
        draft.text = "Its own words.";
        draft.request = "{}";
        if (draft.node != scene || !made.store->addDraft(draft)) qFatal("cannot make the second project");
    }
    bool goToSecond() {
        window->openPath(second);
        return QTest::qWaitFor([this] { return project->path() == second && window->shownNode() != 0; });
    }
    std::vector<StoredDraft> draftsIn(const QString& file) {
        window.reset();
        project.reset();
        const auto opened = ProjectStore::open(file);
        const auto drafts = opened.store ? opened.store->drafts(scene) : Error{ErrorCode::Io, "not opened"};
        return drafts ? *drafts : std::vector<StoredDraft>();
    }
    QString second;
};

} // namespace

class SeveralProjectsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aDraftOnThePageIsKeptWholeInItsOwnProject() {
        Two f({"--delay-ms", "30", "--steps", "200"});
        QVERIFY(f.ready());
        f.window->drafting().start(DraftKind::Continue);
        QVERIFY(f.waitForSteps(60));
        QVERIFY(f.passage()->session().storedId() != 0);
        const QString words = f.passage()->session().text();
        QVERIFY(f.goToSecond());
        QVERIFY(!f.passage());
        QVERIFY2(f.window->bar().sentence().isEmpty(), qPrintable(f.window->bar().sentence()));
        const std::vector<StoredDraft> drafts = f.draftsIn(f.path);
        QCOMPARE(drafts.size(), std::size_t(1));
        QVERIFY2(drafts[0].text.startsWith(words), qPrintable(drafts[0].text));
        QCOMPARE(drafts[0].state, StoredDraft::State::Open);
    }

    void theDraftsOfTheOtherProjectStayAsTheyAre() {
        Two f({"--delay-ms", "30", "--steps", "200"});
        QVERIFY(f.ready());
        f.window->drafting().start(DraftKind::Continue);
        QVERIFY(f.waitForSteps(2));
        QVERIFY(f.goToSecond());
        QTest::qWait(300); // what comes late comes now
        const std::vector<StoredDraft> drafts = f.draftsIn(f.second);
        QCOMPARE(drafts.size(), std::size_t(1));
        QCOMPARE(drafts[0].text, QString("Its own words."));
    }

    void anAnswerAboutTheProjectBeforeIsNotGiven() {
        Two f;
        QVERIFY(f.ready());
        bool answered = false;
        QVERIFY(QObject::connect(f.project.get(), &ProjectService::closing, f.project.get(), [&] {
            f.project->loadText(f.scene, f.project.get(), [&](const Result<SceneText>&) { answered = true; });
        }));
        QVERIFY(f.goToSecond());
        QTest::qWait(100);
        QVERIFY(!answered);
    }
};

} // namespace palimpsest::test

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    palimpsest::test::SeveralProjectsTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "several_projects_test.moc"
