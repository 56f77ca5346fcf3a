#include "app/services/draft_session.h"

#include "app/services/draft_trace.h"
#include "engine/api/messages.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>

using namespace std::string_literals;

namespace palimpsest {
namespace {

constexpr int kPatienceMs = 10'000;
const QString kText = QStringLiteral("Déjà l'été finissait, et la mer 🌊 montait jusqu'aux marches.");

// A project with one scene, and a fake engine that drafts into it.
struct Rig {
    explicit Rig(const QStringList& arguments = {})
        : engine(QStringLiteral(FAKE_ENGINE),
                 QStringList{QStringLiteral("--text"), kText, QStringLiteral("--record"), record()} + arguments) {
        project.create(path(), QStringLiteral("Test"));
        QSignalSpy added(&project, &ProjectService::nodeAdded);
        QSignalSpy opened(&project, &ProjectService::opened);
        waitFor([&] { return opened.count() > 0; });
        project.addNode(0, 0, NodeKind::Scene, QStringLiteral("Scene"));
        waitFor([&] { return added.count() > 0; });
        scene = project.nodes().front().id;
        engine.start();
        waitFor([&] { return engine.state() == EngineService::State::Ready; });
    }
    template<class Condition>
    static bool waitFor(Condition condition) {
        return QTest::qWaitFor(condition, kPatienceMs);
    }
    std::unique_ptr<DraftSession> draft(int drafts = 1) {
        DraftRequest request;
        request.left = "Gauche, ";
        request.right = " droite.";
        request.notes = "Notes";
        request.options.drafts = drafts;
        request.options.seed = 41;
        return std::make_unique<DraftSession>(engine, project, scene, request);
    }
    static bool rests(const DraftSession& session) {
        return waitFor([&] { return session.phase() == DraftSession::Phase::Resting; });
    }
    std::vector<StoredDraft> stored() {
        std::optional<Result<std::vector<StoredDraft>>> drafts;
        project.loadDrafts(scene, &project, [&](const auto& d) { drafts = d; });
        waitFor([&] { return drafts.has_value(); });
        return drafts && drafts->ok() ? **drafts : std::vector<StoredDraft>();
    }
    std::vector<StoredCandidate> storedTrace(qint64 id) {
        std::optional<Result<QByteArray>> bytes;
        project.loadTrace(id, &project, [&](const auto& b) { bytes = b; });
        waitFor([&] { return bytes.has_value(); });
        if (!bytes || !bytes->ok()) return {};
        auto trace = unpackTrace(**bytes);
        return trace ? *trace : std::vector<StoredCandidate>();
    }
    // The parameters of the last call of `method` that the engine received.
    Json received(const char* method) const {
        QFile file(record());
        Json params;
        if (!file.open(QIODevice::ReadOnly)) return params;
        for (const QByteArray& line : file.readAll().split('\n')) {
            const auto message = parseMessage(line.toStdString());
            if (message && message->value("method", "") == method) params = (*message)["params"];
        }
        return params;
    }
    QString path() const { return folder.filePath(QStringLiteral("test.palimpsest")); }
    QString record() const { return folder.filePath(QStringLiteral("messages")); }

    QTemporaryDir folder;
    ProjectService project;
    EngineService engine;
    NodeId scene = 0;
};

// The position whose token has this text.
int positionOf(const DraftSession& session, const char* text) {
    for (std::size_t i = 0; i < session.tokens().size(); ++i)
        if (session.tokens()[i].text == text) return int(i);
    return -1;
}

PositionState stateOf(const DraftSession& session, const char* text) {
    const int position = positionOf(session, text);
    return position < 0 ? PositionState::Absorbed : session.tokens()[std::size_t(position)].state;
}

} // namespace

class DraftSessionTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void formsThenRestsWithTheWholeText() {
        Rig rig;
        const auto session = rig.draft();
        QCOMPARE(session->phase(), DraftSession::Phase::Waiting);
        QCOMPARE(session->shownStep(), -1);
        QVERIFY(Rig::waitFor([&] { return session->phase() == DraftSession::Phase::Forming; }));
        QVERIFY(session->expectedSteps() >= session->stepCount());
        QVERIFY(Rig::rests(*session));
        QCOMPARE(session->text(), kText);
        QCOMPARE(session->stepCount(), 8);
        QCOMPARE(session->shownStep(), 7);
        QCOMPARE(session->statistics()->modelHash, "f00d"s);
    }

    void changedComesAtMostOnceInATurnOfTheLoop() {
        Rig rig;
        const auto session = rig.draft();
        QVERIFY(Rig::rests(*session));
        QCoreApplication::processEvents();
        QSignalSpy changed(session.get(), &DraftSession::changed);
        session->scrubTo(1);
        session->scrubTo(2);
        session->toggleLock(0);
        QCOMPARE(changed.count(), 0);
        QCoreApplication::processEvents();
        QCOMPARE(changed.count(), 1);
    }

    void scrubbingShowsEarlierStepsAndTheLastOneFollowsAgain() {
        Rig rig;
        const auto session = rig.draft();
        QVERIFY(Rig::rests(*session));
        session->scrubTo(2);
        QVERIFY(!session->followsNewest());
        QCOMPARE(session->shownStep(), 2);
        QVERIFY(session->text().size() < kText.size());
        QVERIFY(kText.startsWith(session->text()));
        session->scrubTo(-5);
        QCOMPARE(session->shownStep(), 0);
        session->scrubTo(1000);
        QVERIFY(session->followsNewest());
        QCOMPARE(session->text(), kText);
    }

    void aLockTakesTheWholeWordAndTheNextToggleFreesIt() {
        Rig rig;
        const auto session = rig.draft();
        QVERIFY(Rig::rests(*session));
        const int position = positionOf(*session, " 🌊");
        QVERIFY(position > 0);
        session->toggleLock(position);
        QCOMPARE(stateOf(*session, " 🌊"), PositionState::Locked);
        QCOMPARE(stateOf(*session, " mer"), PositionState::Committed);
        session->toggleLock(position);
        QCOMPARE(stateOf(*session, " 🌊"), PositionState::Committed);
        session->setAllLocks(true);
        for (const StepToken& token : session->tokens()) QCOMPARE(token.state, PositionState::Locked);
        session->setAllLocks(false);
        for (const StepToken& token : session->tokens()) QCOMPARE(token.state, PositionState::Committed);
    }

    void aRunningDraftIsToldOfALock() {
        Rig rig({QStringLiteral("--delay-ms"), QStringLiteral("60")});
        const auto session = rig.draft();
        QVERIFY(Rig::waitFor([&] { return session->stepCount() == 1; }));
        session->toggleLock(0);
        QVERIFY(Rig::rests(*session));
        QCOMPARE(session->tokens()[0].state, PositionState::Locked);
        const auto lock = draftLockFromJson(rig.received(method::kDraftLock));
        QVERIFY(lock.ok());
        QCOMPARE(lock->draft, session->request().id);
        QVERIFY(lock->locked && lock->first == 0 && lock->count == 1);
    }

    void moveTheRestKeepsLockedWordsToTheLetter() {
        Rig rig;
        const auto session = rig.draft();
        QVERIFY(Rig::rests(*session));
        session->toggleLock(positionOf(*session, "Déjà"));
        session->toggleLock(positionOf(*session, " 🌊"));
        session->moveTheRest(0.7);
        QCOMPARE(session->phase(), DraftSession::Phase::Waiting);
        QCOMPARE(session->text(), kText); // until the first step
        QVERIFY(Rig::rests(*session));
        QCOMPARE(session->candidateCount(), 2);
        QCOMPARE(session->candidate(), 1);
        QVERIFY(session->text().startsWith(QStringLiteral("Déjà new")));
        QVERIFY(session->text().contains(QStringLiteral(" 🌊")));
        QCOMPARE(stateOf(*session, " 🌊"), PositionState::Locked);
        QCOMPARE(session->candidateText(0), kText); // nothing generated is lost

        const auto request =
            draftRequestFromJson(rig.received(method::kDraftStart)); // also checks the ranges against the UTF-8
        QVERIFY2(request.ok(), request.ok() ? "" : request.error().message.c_str());
        QCOMPARE(request->kind, DraftKind::Rewrite);
        QCOMPARE(request->left, "Gauche, "s);
        QCOMPARE(request->right, " droite."s);
        QCOMPARE(request->options.strength, 0.7);
        QCOMPARE(request->locks.size(), std::size_t(2));
        QCOMPARE(request->text.substr(request->locks[1].begin, 5), " 🌊"s);
    }

    void anotherHasANewSeedAndTheOldTextStaysACandidate() {
        Rig rig;
        const auto session = rig.draft();
        QVERIFY(Rig::rests(*session));
        session->another();
        QVERIFY(Rig::rests(*session));
        QCOMPARE(session->candidateCount(), 2);
        QVERIFY(Rig::waitFor([&] { return rig.storedTrace(session->storedId()).size() == 2; }));
        const auto stored = rig.storedTrace(session->storedId());
        QVERIFY(stored[0].seed != stored[1].seed);
    }

    void theBestOfSeveralDraftsIsShownUnlessTheWriterChose() {
        Rig rig;
        const auto session = rig.draft(3);
        QVERIFY(Rig::rests(*session));
        QCOMPARE(session->candidateCount(), 3);
        QCOMPARE(session->candidate(), 0);
        QCOMPARE(session->agreement(0), 1.0);
        QVERIFY(session->agreement(2) < session->agreement(1));
        QCOMPARE(session->agreement(3), -1.0);
        session->chooseCandidate(2);
        QCOMPARE(session->text(), session->candidateText(2));
        QVERIFY(session->text() != kText);
    }

    void aBranchBeginsFromTheShownStep() {
        Rig rig;
        const auto session = rig.draft();
        QVERIFY(Rig::rests(*session));
        session->scrubTo(3);
        session->branchFromShown();
        QVERIFY(Rig::rests(*session));
        QCOMPARE(session->candidateCount(), 2);
        const auto branch = draftBranchFromJson(rig.received(method::kDraftBranch));
        QVERIFY(branch.ok());
        QCOMPARE(branch->step, 3);
        QCOMPARE(branch->from, session->request().id);
    }

    void theLastStepCanBeBranchedFromThoughTheEndWasCutBack() {
        Rig rig({QStringLiteral("--cut")});
        const auto session = rig.draft();
        QVERIFY(Rig::rests(*session));
        QVERIFY(kText.startsWith(session->text()) && session->text() != kText);
        session->branchFromShown();
        QVERIFY2(Rig::rests(*session), qPrintable(session->sentence()));
        QCOMPARE(session->candidateCount(), 2);
    }

    void draftsOfSeveralRunsAgreeByTheWordsTheyShare() {
        Rig rig;
        const auto session = rig.draft();
        QVERIFY(Rig::rests(*session));
        QCOMPARE(session->agreement(0), 1.0); // alone
        session->setAllLocks(false);
        session->toggleLock(0);
        session->moveTheRest(1.0); // the fake engine says "new" for every open word
        QVERIFY(Rig::rests(*session));
        QCOMPARE(session->candidateCount(), 2);
        QVERIFY(session->agreement(0) < 0.5);
        QCOMPARE(session->agreement(0), session->agreement(1));
    }

    void stopKeepsTheWordsSoFar() {
        Rig rig({QStringLiteral("--steps"), QStringLiteral("10000")});
        const auto session = rig.draft();
        QVERIFY(Rig::waitFor([&] { return session->stepCount() > 1; }));
        session->stop();
        QVERIFY(Rig::rests(*session));
        QVERIFY(!session->text().isEmpty());
        QVERIFY(session->sentence().isEmpty());
    }

    void wordsOfAKilledEngineStayAndMoveAgainWhenItIsBack() {
        QTemporaryDir folder;
        Rig rig({QStringLiteral("--crash-at"), QStringLiteral("4"), QStringLiteral("--once"),
                 folder.filePath(QStringLiteral("crashed"))});
        const auto session = rig.draft();
        QVERIFY(Rig::waitFor([&] { return session->phase() == DraftSession::Phase::Failed; }));
        QVERIFY(!session->sentence().isEmpty());
        QCOMPARE(session->stepCount(), 4);
        const QString soFar = session->text();
        QVERIFY(!soFar.isEmpty());
        session->setAllLocks(true);
        session->moveTheRest(1.0); // the engine is not back yet: it waits
        QVERIFY(Rig::rests(*session));
        QVERIFY(session->sentence().isEmpty());
        QCOMPARE(session->text(), soFar); // all of it was locked
        QCOMPARE(session->candidateCount(), 2);
    }

    void theProjectHasTheDraftFromItsFirstStep() {
        Rig rig({QStringLiteral("--steps"), QStringLiteral("10000")});
        const auto session = rig.draft();
        QVERIFY(Rig::waitFor([&] { return session->storedId() != 0; }));
        QCOMPARE(session->phase(), DraftSession::Phase::Forming);
        const auto stored = rig.stored();
        QCOMPARE(stored.size(), std::size_t(1));
        QCOMPARE(stored[0].state, StoredDraft::State::Open);
        QCOMPARE(stored[0].model, QStringLiteral("fake-model"));
        QVERIFY(!stored[0].text.isEmpty());
        const auto request = draftRequestFromJson(*parseMessage(stored[0].request.toStdString()));
        QVERIFY(request.ok());
        QCOMPARE(request->left, "Gauche, "s);
        QCOMPARE(request->options.seed, std::uint64_t(41));
    }

    void acceptGivesTheShownTextAndMarksTheDraft() {
        Rig rig;
        const auto session = rig.draft();
        QVERIFY(Rig::rests(*session));
        session->scrubTo(3);
        const QString shown = session->text();
        QSignalSpy ended(session.get(), &DraftSession::ended);
        QCOMPARE(session->accept(), shown);
        QCOMPARE(ended.count(), 1);
        QVERIFY(Rig::waitFor(
            [&] { return !rig.stored().empty() && rig.stored()[0].state == StoredDraft::State::Accepted; }));
        const StoredDraft stored = rig.stored()[0];
        QCOMPARE(stored.text, shown);
        QCOMPARE(stored.modelHash, QStringLiteral("f00d"));
        const auto trace = rig.storedTrace(stored.id);
        QCOMPARE(trace.size(), std::size_t(1));
        QCOMPARE(trace[0].steps.size(), std::size_t(8)); // the whole way, not only what was shown
    }

    void discardWhileFormingStopsTheEngineAndMarksTheDraft() {
        Rig rig({QStringLiteral("--steps"), QStringLiteral("10000")});
        const auto session = rig.draft();
        QVERIFY(Rig::waitFor([&] { return session->storedId() != 0; }));
        session->discard();
        QVERIFY(Rig::waitFor([&] { return rig.engine.state() == EngineService::State::Ready; }));
        QVERIFY(Rig::waitFor([&] { return rig.stored()[0].state == StoredDraft::State::Discarded; }));
    }

    void aSessionThatIsDestroyedLeavesItsWordsInTheProject() {
        Rig rig({QStringLiteral("--steps"), QStringLiteral("10000")});
        auto session = rig.draft();
        QVERIFY(Rig::waitFor([&] { return session->stepCount() > 0; })); // the project has not answered yet
        session->scrubTo(session->stepCount());
        const QString words = session->text();
        session.reset();
        QVERIFY(Rig::waitFor([&] { return rig.stored().size() == 1 && rig.stored()[0].text == words; }));
        QCOMPARE(rig.stored()[0].state, StoredDraft::State::Open);
        QVERIFY(Rig::waitFor([&] { return rig.engine.state() == EngineService::State::Ready; }));
    }
};

} // namespace palimpsest

QTEST_GUILESS_MAIN(palimpsest::DraftSessionTest)
#include "draft_session_test.moc"
