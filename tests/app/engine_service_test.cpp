#include "app/services/engine_service.h"

#include <QFile>
#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>
#include <optional>
#include <unistd.h>

using namespace std::string_literals;

namespace palimpsest {
namespace {

constexpr int kPatienceMs = 10'000; // how long a test waits before it says that something never came

DraftRequest request(const std::string& id) {
    DraftRequest draft;
    draft.id = id;
    draft.left = "She did not answer him at once.";
    return draft;
}

QStringList lines(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? QString::fromUtf8(file.readAll()).split(u'\n') : QStringList();
}

QByteArrayList childProcesses() {
    QFile file(QStringLiteral("/proc/self/task/%1/children").arg(::getpid()));
    if (!file.open(QIODevice::ReadOnly)) return {};
    QByteArrayList children = file.readAll().simplified().split(' ');
    children.removeAll({});
    return children;
}

// An engine service on a fake engine, with everything it said.
struct Rig {
    explicit Rig(const QStringList& arguments, EngineService::Deadlines deadlines = {})
        : service(QStringLiteral(FAKE_ENGINE), arguments.isEmpty() ? QStringList{QStringLiteral("--")} : arguments) {
        service.setDeadlines(deadlines);
        QObject::connect(&service, &EngineService::draftStepped, &service,
                         [this](const DraftStep& step) { steps.push_back(step); });
        QObject::connect(&service, &EngineService::draftEnded, &service,
                         [this](const DraftEnd& end) { ends.push_back(end); });
        service.start();
    }
    bool becomes(EngineService::State state) {
        return QTest::qWaitFor([&] { return service.state() == state; }, kPatienceMs);
    }
    bool ended(std::size_t count = 1) {
        return QTest::qWaitFor([&] { return ends.size() >= count; }, kPatienceMs);
    }

    EngineService service;
    std::vector<DraftStep> steps;
    std::vector<DraftEnd> ends;
};

} // namespace

class EngineServiceTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void becomesReadyWithTheDefaultModel() {
        Rig rig({});
        QCOMPARE(rig.service.state(), EngineService::State::Starting);
        QVERIFY(rig.becomes(EngineService::State::Ready));
        QCOMPARE(rig.service.modelName(), QStringLiteral("fake-model"));
        QCOMPARE(rig.service.info().device.why, "This is an engine for tests."s);
    }

    void aDraftStepsInOrderAndEndsOnce() {
        Rig rig({QStringLiteral("--steps"), QStringLiteral("6"), QStringLiteral("--text"),
                 QStringLiteral("Été au café, déjà 🌊.")});
        QVERIFY(rig.becomes(EngineService::State::Ready));
        rig.service.startDraft(request("a"));
        QCOMPARE(rig.service.state(), EngineService::State::Drafting);
        QVERIFY(rig.ended());
        QCOMPARE(rig.steps.size(), std::size_t(6));
        for (std::size_t i = 0; i < rig.steps.size(); ++i) QCOMPARE(rig.steps[i].index, int(i));
        QCOMPARE(rig.ends.front().outcome, DraftOutcome::Done);
        QCOMPARE(rig.ends.front().candidates.front().text, "Été au café, déjà 🌊."s);
        QCOMPARE(rig.service.state(), EngineService::State::Ready);
    }

    void aDraftAskedForWhileStartingRunsWhenReady() {
        Rig rig({QStringLiteral("--load-ms"), QStringLiteral("100")});
        rig.service.startDraft(request("early"));
        QVERIFY(rig.ended());
        QCOMPARE(rig.ends.front().outcome, DraftOutcome::Done);
    }

    void aKilledEngineEndsItsDraftsOnceAndIsStartedAgain() {
        QTemporaryDir folder;
        Rig rig({QStringLiteral("--crash-at"), QStringLiteral("3"), QStringLiteral("--once"),
                 folder.filePath(QStringLiteral("crashed"))});
        QSignalSpy restarted(&rig.service, &EngineService::restarted);
        QVERIFY(rig.becomes(EngineService::State::Ready));
        rig.service.startDraft(request("a"));
        rig.service.startDraft(request("b"));
        QVERIFY(rig.ended(2));
        QCOMPARE(rig.service.state(), EngineService::State::Starting);
        QVERIFY2(rig.service.sentence().contains(QStringLiteral("killed")), qPrintable(rig.service.sentence()));
        for (const DraftEnd& end : rig.ends) {
            QCOMPARE(end.outcome, DraftOutcome::Failed);
            QVERIFY(!end.message.empty());
        }
        QCOMPARE(rig.steps.size(), std::size_t(3)); // what came before stays
        QVERIFY(rig.becomes(EngineService::State::Ready));
        QCOMPARE(restarted.count(), 1);
        rig.service.startDraft(request("c"));
        QVERIFY(rig.ended(3));
        QCOMPARE(rig.ends[2].outcome, DraftOutcome::Done);
        QCOMPARE(rig.ends.size(), std::size_t(3));
    }

    void anEngineThatNeverAnswersIsGivenUpAndStartedAgain() {
        QTemporaryDir folder;
        EngineService::Deadlines deadlines;
        deadlines.initializeMs = 200;
        Rig rig({QStringLiteral("--mute"), QStringLiteral("--once"), folder.filePath(QStringLiteral("mute"))},
                deadlines);
        QSignalSpy restarted(&rig.service, &EngineService::restarted);
        QVERIFY(rig.becomes(EngineService::State::Ready));
        QCOMPARE(restarted.count(), 1);
        QVERIFY(restarted[0][0].toString().contains(QStringLiteral("did not answer")));
    }

    void anEngineThatNeverLoadsIsGivenUpAndStartedAgain() {
        QTemporaryDir folder;
        EngineService::Deadlines deadlines;
        deadlines.loadMs = 300;
        Rig rig({QStringLiteral("--hang-at-load"), QStringLiteral("--once"), folder.filePath(QStringLiteral("hung"))},
                deadlines);
        QSignalSpy restarted(&rig.service, &EngineService::restarted);
        QVERIFY(rig.becomes(EngineService::State::Ready));
        QCOMPARE(restarted.count(), 1);
    }

    void aDraftThatWaitsBehindAnotherStopsAtOnce() {
        Rig rig({QStringLiteral("--steps"), QStringLiteral("10000"), QStringLiteral("--stubborn")});
        QVERIFY(rig.becomes(EngineService::State::Ready));
        rig.service.startDraft(request("first"));
        rig.service.startDraft(request("second"));
        rig.service.stopDraft(QStringLiteral("second"));
        QVERIFY(rig.ended());
        QCOMPARE(rig.ends.front().draft, "second"s);
        QCOMPARE(rig.ends.front().outcome, DraftOutcome::Stopped);
        QCOMPARE(rig.service.state(), EngineService::State::Drafting); // the first goes on
    }

    void aDraftOfAnEngineThatNeverAnswersEnds() {
        EngineService::Deadlines deadlines;
        deadlines.initializeMs = 200;
        Rig rig({QStringLiteral("--mute")}, deadlines);
        rig.service.startDraft(request("a"));
        QVERIFY(rig.ended());
        QCOMPARE(rig.ends.front().outcome, DraftOutcome::Failed);
    }

    void garbageBetweenMessagesIsSkipped() {
        Rig rig({QStringLiteral("--garbage")});
        rig.service.startDraft(request("a"));
        QVERIFY(rig.ended());
        QCOMPARE(rig.ends.front().outcome, DraftOutcome::Done);
        QCOMPARE(rig.steps.size(), std::size_t(8));
    }

    void stopEndsADraftAsStopped() {
        Rig rig({QStringLiteral("--steps"), QStringLiteral("10000")});
        QVERIFY(rig.becomes(EngineService::State::Ready));
        rig.service.startDraft(request("a"));
        QVERIFY(QTest::qWaitFor([&] { return !rig.steps.empty(); }, kPatienceMs));
        rig.service.stopDraft(QStringLiteral("a"));
        QVERIFY(rig.ended());
        QCOMPARE(rig.ends.front().outcome, DraftOutcome::Stopped);
        QCOMPARE(rig.service.state(), EngineService::State::Ready);
    }

    void aHungEngineIsGivenUpWhenItDoesNotStop() {
        QTemporaryDir folder;
        EngineService::Deadlines deadlines;
        deadlines.stopMs = 200;
        Rig rig({QStringLiteral("--hang-at"), QStringLiteral("2"), QStringLiteral("--once"),
                 folder.filePath(QStringLiteral("hung"))},
                deadlines);
        QVERIFY(rig.becomes(EngineService::State::Ready));
        rig.service.startDraft(request("a"));
        QVERIFY(QTest::qWaitFor([&] { return rig.steps.size() == 2; }, kPatienceMs));
        rig.service.stopDraft(QStringLiteral("a"));
        QVERIFY(rig.ended());
        QCOMPARE(rig.ends.front().outcome, DraftOutcome::Stopped); // as the writer asked
        QVERIFY(rig.becomes(EngineService::State::Ready));
        QCOMPARE(rig.ends.size(), std::size_t(1));
    }

    void stopBeforeTheEngineIsReadyEndsTheDraftToo() {
        Rig rig({QStringLiteral("--load-ms"), QStringLiteral("300")});
        rig.service.startDraft(request("a"));
        rig.service.stopDraft(QStringLiteral("a"));
        QVERIFY(rig.ends.empty()); // never before the call returns
        QVERIFY(rig.ended());
        QCOMPARE(rig.ends.front().outcome, DraftOutcome::Stopped);
        QVERIFY(rig.becomes(EngineService::State::Ready));
        QVERIFY(rig.steps.empty());
    }

    void aRefusedDraftEndsWithTheEnginesSentence() {
        Rig rig({QStringLiteral("--refuse")});
        rig.service.startDraft(request("a"));
        QVERIFY(rig.ended());
        QCOMPARE(rig.ends.front().outcome, DraftOutcome::Failed);
        QCOMPARE(rig.ends.front().message, "This engine refuses to draft."s);
        QCOMPARE(rig.service.state(), EngineService::State::Ready);
    }

    void withoutAModelItFailsWithWhatToDo() {
        Rig rig({QStringLiteral("--no-model")});
        rig.service.startDraft(request("a"));
        QVERIFY(rig.becomes(EngineService::State::Failed));
        QVERIFY(rig.service.sentence().contains(QStringLiteral("installer/run")));
        QVERIFY(rig.ended());
        rig.service.startDraft(request("b"));
        QVERIFY(rig.ended(2));
        QCOMPARE(rig.ends[1].message, rig.service.sentence().toStdString());
    }

    void anotherProtocolVersionIsRefused() {
        Rig rig({QStringLiteral("--protocol"), QStringLiteral("99")});
        QVERIFY(rig.becomes(EngineService::State::Failed));
        QVERIFY(rig.service.sentence().contains(QStringLiteral("version")));
    }

    void aMissingProgramFailsWithWhatToDo() {
        EngineService service(QStringLiteral("/nonexistent/palimpsest-engine"));
        service.start();
        QTRY_COMPARE_WITH_TIMEOUT(service.state(), EngineService::State::Failed, kPatienceMs);
        QVERIFY(service.sentence().contains(QStringLiteral("installer/run")));
    }

    void switchedOffNothingRunsAndDraftsEnd() {
        Rig rig({QStringLiteral("--steps"), QStringLiteral("10000")});
        QVERIFY(rig.becomes(EngineService::State::Ready));
        rig.service.startDraft(request("a"));
        QVERIFY(QTest::qWaitFor([&] { return !rig.steps.empty(); }, kPatienceMs));
        rig.service.stop();
        QCOMPARE(rig.service.state(), EngineService::State::Off);
        QCOMPARE(rig.ends.size(), std::size_t(1));
        const std::size_t steps = rig.steps.size();
        rig.service.startDraft(request("b"));
        QVERIFY(rig.ended(2));
        QCOMPARE(rig.ends[1].outcome, DraftOutcome::Failed);
        QCOMPARE(rig.steps.size(), steps);
        rig.service.start();
        QVERIFY(rig.becomes(EngineService::State::Ready));
    }

    void locksAndPreviewsReachTheEngine() {
        QTemporaryDir folder;
        const QString record = folder.filePath(QStringLiteral("messages"));
        Rig rig({QStringLiteral("--steps"), QStringLiteral("10000"), QStringLiteral("--record"), record});
        QVERIFY(rig.becomes(EngineService::State::Ready));
        rig.service.startDraft(request("a"));
        rig.service.lockPositions({"a", 0, 3, 2, true});
        std::optional<Result<ContextPreview>> preview;
        rig.service.previewContext(request("p"), this, [&](const Result<ContextPreview>& p) { preview = p; });
        QVERIFY(!preview);
        QVERIFY(QTest::qWaitFor([&] { return preview.has_value(); }, kPatienceMs));
        QVERIFY(preview->ok());
        QCOMPARE((*preview)->before, 20);
        QCOMPARE(lines(record).filter(QStringLiteral("draft/lock")).size(), 1);
    }

    void aHintIsSentOnlyToAnEngineAtRestAndOneAtATime() {
        QTemporaryDir folder;
        const QString record = folder.filePath(QStringLiteral("record"));
        Rig rig({QStringLiteral("--record"), record, QStringLiteral("--delay-ms"), QStringLiteral("30")});
        const auto hints = [&] { return lines(record).filter(QStringLiteral("context/prepare")).size(); };
        QVERIFY(!rig.service.prepareContext(request("h")));
        QVERIFY(rig.becomes(EngineService::State::Ready));
        QVERIFY(rig.service.prepareContext(request("h")));
        QVERIFY(!rig.service.prepareContext(request("h"))); // not yet answered
        QVERIFY(QTest::qWaitFor([&] { return rig.service.prepareContext(request("h")); }, kPatienceMs));
        QVERIFY(QTest::qWaitFor([&] { return hints() == 2; }, kPatienceMs));
        rig.service.startDraft(request("a"));
        QVERIFY(!rig.service.prepareContext(request("h")));
        QVERIFY(rig.ended());
        QCOMPARE(hints(), 2);
    }

    void aHintThatWasNeverAnsweredDoesNotSilenceTheNextEngine() {
        Rig rig({});
        QVERIFY(rig.becomes(EngineService::State::Ready));
        QVERIFY(rig.service.prepareContext(request("h")));
        rig.service.stop();
        rig.service.start();
        QVERIFY(rig.becomes(EngineService::State::Ready));
        QVERIFY(rig.service.prepareContext(request("h")));
    }

    void previewOfAnEngineThatIsOffIsAnError() {
        EngineService service(QStringLiteral(FAKE_ENGINE));
        std::optional<Result<ContextPreview>> preview;
        service.previewContext(request("p"), this, [&](const Result<ContextPreview>& p) { preview = p; });
        QVERIFY(QTest::qWaitFor([&] { return preview.has_value(); }, kPatienceMs));
        QVERIFY(!preview->ok());
    }

    void noProcessOutlivesItsService() {
        QVERIFY(childProcesses().isEmpty());
        {
            Rig rig({QStringLiteral("--steps"), QStringLiteral("10000")});
            QVERIFY(rig.becomes(EngineService::State::Ready));
            QCOMPARE(childProcesses().size(), 1);
        }
        QVERIFY(childProcesses().isEmpty());
    }
};

} // namespace palimpsest

QTEST_GUILESS_MAIN(palimpsest::EngineServiceTest)
#include "engine_service_test.moc"
