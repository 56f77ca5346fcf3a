// Changes through the service: what the window sees, what is typed meanwhile, and the one order of undoing.
#include "app/services/project_service.h"
#include "tests/support/typed_text.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>
#include <optional>

namespace palimpsest {
namespace {

using test::typed;

constexpr int kPatienceMs = 20'000;

struct Rig {
    Rig() {
        QSignalSpy opened(&service, &ProjectService::opened);
        service.create(path, QStringLiteral("Test"));
        wait([&] { return opened.count() == 1; });
        QSignalSpy added(&service, &ProjectService::nodeAdded);
        service.addNode(0, 0, NodeKind::Scene, QStringLiteral("Scene"));
        wait([&] { return added.count() == 1; });
        scene = added[0][0].toLongLong();
        QObject::connect(&service, &ProjectService::textReplaced,
                         [this](qint64 node, const SceneText& text) { shown[node] = text; });
    }
    template<class Condition>
    static bool wait(Condition condition) {
        return QTest::qWaitFor(condition, kPatienceMs);
    }
    // The nodes added, or none when it was refused.
    std::vector<NodeId> apply(ProjectChange change) {
        std::optional<Result<std::vector<NodeId>>> added;
        service.apply(std::move(change), &service,
                      [&](Result<std::vector<NodeId>> nodes) { added = std::move(nodes); });
        wait([&] { return added.has_value(); });
        return added && *added ? **added : std::vector<NodeId>{};
    }
    QString stored(NodeId node) {
        std::optional<QString> plain;
        service.loadText(node, &service,
                         [&](const Result<SceneText>& text) { plain = text ? text->plain() : QString(); });
        wait([&] { return plain.has_value(); });
        return plain.value_or(QString());
    }
    bool allSaved() {
        service.saveNow();
        return wait([&] { return !service.hasUnsaved(); });
    }
    QTemporaryDir folder;
    QString path = folder.filePath(QStringLiteral("test.palimpsest"));
    ProjectService service;
    NodeId scene = 0;
    std::map<NodeId, SceneText> shown;
};

} // namespace

class ProjectServiceChangesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aSplitTakesWhatIsNotSavedYet() {
        Rig rig;
        rig.service.textEdited(rig.scene, typed({"One.", "Two."})); // a moment ago
        const auto added =
            rig.apply({QStringLiteral("Split"), {SplitText{rig.scene, {1, 0}, 0, QStringLiteral("Rest"), {}}}});
        QCOMPARE(added.size(), 1U);
        QCOMPARE(rig.shown[rig.scene], typed({"One."}));
        QCOMPARE(rig.stored(added[0]), QStringLiteral("Two."));
        QCOMPARE(rig.service.node(added[0])->title, QStringLiteral("Rest"));
        QCOMPARE(rig.service.node(added[0])->words, 1);
        QCOMPARE(rig.service.totalWords(), 2);
    }

    void whatIsTypedWhileTheStoreSplitsIsKept() {
        Rig rig;
        rig.service.textEdited(rig.scene, typed({"One.", "Two."}));
        std::optional<NodeId> made;
        rig.service.apply({{}, {SplitText{rig.scene, {1, 0}, 0, {}, {}}}}, &rig.service,
                          [&](const Result<std::vector<NodeId>>& added) { made = added->front(); });
        rig.service.textEdited(rig.scene, typed({"Typed on.", "One.", "Two."})); // the page knows nothing of it yet
        QVERIFY(Rig::wait([&] { return made.has_value(); }));
        QCOMPARE(rig.shown[rig.scene], typed({"Typed on.", "One."}));
        QVERIFY(rig.allSaved());
        QCOMPARE(rig.stored(rig.scene), QStringLiteral("Typed on.\nOne."));
        QCOMPARE(rig.stored(*made), QStringLiteral("Two."));
    }

    void whatIsTypedInASceneWhileItIsMergedGoesAlong() {
        Rig rig;
        rig.service.textEdited(rig.scene, typed({"One.", "Two."}));
        const NodeId rest = rig.apply({{}, {SplitText{rig.scene, {1, 0}, 0, {}, {}}}}).front();
        bool done = false;
        rig.service.apply({{}, {MergeTexts{rig.scene, rest, false, false}}}, &rig.service,
                          [&](const Result<std::vector<NodeId>>&) { done = true; });
        rig.service.textEdited(rest, typed({"Two.", "Typed on."}));
        QVERIFY(Rig::wait([&] { return done; }));
        QVERIFY(rig.allSaved());
        QCOMPARE(rig.shown[rig.scene], typed({"One.", "Two.", "Typed on."}));
        QCOMPARE(rig.stored(rig.scene), QStringLiteral("One.\nTwo.\nTyped on."));
    }

    void whatIsTypedInAParagraphWhileItMovesMovesWithIt() {
        Rig rig;
        rig.service.textEdited(rig.scene, typed({"One one.", "Two."}));
        std::optional<NodeId> made;
        rig.service.apply({{}, {SplitText{rig.scene, {0, 4}, 0, {}, {}}}}, &rig.service,
                          [&](const Result<std::vector<NodeId>>& added) { made = added->front(); });
        rig.service.textEdited(rig.scene, typed({"Before one one.", "Two typed on."}));
        QVERIFY(Rig::wait([&] { return made.has_value(); }));
        QCOMPARE(rig.shown[rig.scene], typed({"Before one "}));
        QCOMPARE(rig.shown[*made], typed({"one.", "Two typed on."}));
        QVERIFY(rig.allSaved());
        QCOMPARE(rig.stored(*made), QStringLiteral("one.\nTwo typed on."));
    }

    void aTextAskedForBeforeAChangeIsGivenAsItIsAfterIt() {
        Rig rig;
        rig.service.textEdited(rig.scene, typed({"One.", "Two."}));
        bool done = false;
        QString given;
        rig.service.apply({{}, {SplitText{rig.scene, {1, 0}, 0, {}, {}}}}, &rig.service,
                          [&](const Result<std::vector<NodeId>>&) { done = true; });
        rig.service.textEdited(rig.scene, typed({"One.", "Typed on.", "Two."}));
        QTest::qSleep(200); // the change is done by then, and its answer on its way
        rig.service.loadText(rig.scene, &rig.service, [&](const Result<SceneText>& text) { given = text->plain(); });
        QVERIFY(Rig::wait([&] { return !given.isEmpty(); }));
        QVERIFY(done);
        QCOMPARE(given, rig.shown[rig.scene].plain());
    }

    void aSceneMergedAwayIsNotMergedAgain() {
        Rig rig;
        rig.service.textEdited(rig.scene, typed({"One.", "Two."}));
        const NodeId rest = rig.apply({{}, {SplitText{rig.scene, {1, 0}, 0, {}, {}}}}).front();
        rig.service.apply({{}, {MergeTexts{rig.scene, rest, false, false}}});
        rig.service.apply({{}, {MergeTexts{rest, rig.scene, false, false}}}); // nobody has seen the first one yet
        QVERIFY(Rig::wait([&] { return !rig.service.isChanging(); }));
        QVERIFY(!rig.service.node(rig.scene)->trashed);
        QCOMPARE(rig.stored(rig.scene), QStringLiteral("One.\nTwo."));
    }

    void changesOfTheTreeAreUndoneAndRedoneInOneOrder() {
        Rig rig;
        rig.service.apply(
            {QStringLiteral("Rename"), {EditNode{rig.scene, QStringLiteral("New"), {}, {}, {}, {}, {}, {}}}});
        rig.service.setTrashed(rig.scene, true);
        QCOMPARE(rig.service.undoName(), QStringLiteral("Move to the trash"));
        rig.service.undoChange();
        QVERIFY(!rig.service.node(rig.scene)->trashed);
        rig.service.undoChange();
        QCOMPARE(rig.service.node(rig.scene)->title, QStringLiteral("Scene"));
        QCOMPARE(rig.service.redoName(), QStringLiteral("Rename"));
        rig.service.redoChange();
        QCOMPARE(rig.service.node(rig.scene)->title, QStringLiteral("New"));
        rig.service.setPinned(rig.scene, true); // a new change: what was undone is not done again
        QVERIFY(rig.service.redoName().isEmpty());
    }

    void aSplitIsUndoneAndRedoneLikeAnyOther() {
        Rig rig;
        rig.service.textEdited(rig.scene, typed({"One.", "Two."}));
        const auto added = rig.apply({QStringLiteral("Split"), {SplitText{rig.scene, {1, 0}, 0, {}, {}}}});
        rig.service.undoChange();
        QVERIFY(rig.service.undoName().isEmpty()); // not while it is under way
        QVERIFY(Rig::wait([&] { return rig.service.redoName() == QStringLiteral("Split"); }));
        QCOMPARE(rig.shown[rig.scene], typed({"One.", "Two."}));
        QVERIFY(!rig.service.node(added[0]));
        rig.service.redoChange();
        QVERIFY(Rig::wait([&] { return rig.service.node(added[0]) != nullptr; }));
        QCOMPARE(rig.stored(added[0]), QStringLiteral("Two."));
    }

    void aRefusedChangeSaysWhyAndLeavesEverything() {
        Rig rig;
        rig.service.textEdited(rig.scene, typed({"One."}));
        QSignalSpy failed(&rig.service, &ProjectService::failed);
        QVERIFY(rig.apply({{}, {MergeTexts{rig.scene, 999, false, false}}}).empty());
        QCOMPARE(failed.count(), 1);
        QVERIFY(rig.allSaved());
        QCOMPARE(rig.stored(rig.scene), QStringLiteral("One."));
    }

    void aSearchFindsWhatIsOnThePageAndANewerOneStopsIt() {
        Rig rig;
        rig.service.textEdited(rig.scene, typed({"The lamp went out."}));
        int older = 0;
        std::optional<SearchResults> found;
        rig.service.search({QStringLiteral("went"), false, true, false}, 10, &rig.service,
                           [&](const Result<SearchResults>&) { ++older; });
        rig.service.search({QStringLiteral("lamp"), false, true, false}, 10, &rig.service,
                           [&](const Result<SearchResults>& results) { found = *results; });
        QVERIFY(Rig::wait([&] { return found.has_value(); }));
        QCOMPARE(older, 0);
        QCOMPARE(found->matches, 1);
        QCOMPARE(found->paragraphs[0].node, rig.scene);
    }

    void markersAreKnownAndChangedEverywhere() {
        Rig rig;
        auto markers = rig.service.markers();
        QVERIFY(markers.size() >= 2);
        EditNode edit;
        edit.node = rig.scene;
        edit.status = markers[0].id;
        rig.service.apply({QStringLiteral("Status"), {edit}});
        QCOMPARE(rig.service.marker(rig.service.node(rig.scene)->status)->name, markers[0].name);
        QSignalSpy changed(&rig.service, &ProjectService::markersChanged);
        markers.erase(markers.begin());
        rig.service.setMarkers(markers);
        QVERIFY(Rig::wait([&] { return changed.count() == 1; }));
        QCOMPARE(rig.service.markers(), markers);
        QCOMPARE(rig.service.node(rig.scene)->status, 0);
    }
};

} // namespace palimpsest

QTEST_GUILESS_MAIN(palimpsest::ProjectServiceChangesTest)
#include "project_service_changes_test.moc"
