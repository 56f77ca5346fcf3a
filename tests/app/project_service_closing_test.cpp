// A project is closed, or another takes its place, while the store is still busy with a change: what was typed meanwhile
// is where it belongs, once.
#include "app/services/project_service.h"
#include "tests/support/typed_text.h"

#include <QSignalSpy>
#include <QTemporaryDir>
#include <QtTest>
#include <functional>

namespace palimpsest {
namespace {

using test::typed;

constexpr int kPatienceMs = 20'000;

// A project of two scenes, "One." "Two." and "Three."
struct Rig {
    Rig() {
        {
            auto made = ProjectStore::create(path, QStringLiteral("Test"));
            first = *made.store->addNode(0, -1, NodeKind::Scene, QStringLiteral("First"));
            second = *made.store->addNode(0, -1, NodeKind::Scene, QStringLiteral("Second"));
            (void)made.store->saveText(second, typed({"Three."}));
        }
        open(path);
        service->textEdited(first, typed({"One.", "Two."})); // a moment ago
    }
    void open(const QString& which) {
        QSignalSpy opened(service.get(), &ProjectService::opened);
        service->open(which);
        (void)QTest::qWaitFor([&] { return opened.count() == 1; }, kPatienceMs);
    }
    // The event loop does not run between the two: the service never hears what became of a change.
    void closeRightAfter(const std::function<void()>& what) {
        QFETCH(bool, another);
        if (!another) {
            what();
            return service.reset();
        }
        const QString other = folder.filePath(QStringLiteral("other.palimpsest"));
        ProjectStore::create(other, QStringLiteral("Other"));
        QObject::connect(service.get(), &ProjectService::closing, what);
        open(other);
        service.reset();
    }
    // The scenes that are not in the trash, as they are on disk.
    QStringList book() {
        const auto opened = ProjectStore::open(path);
        QStringList scenes;
        const auto nodes = *opened.store->nodes();
        for (const Node& node : nodes)
            if (!node.trashed) scenes += opened.store->text(node.id)->plain().replace(u'\n', u' ');
        return scenes;
    }
    QTemporaryDir folder;
    QString path = folder.filePath(QStringLiteral("test.palimpsest"));
    std::unique_ptr<ProjectService> service = std::make_unique<ProjectService>();
    NodeId first = 0, second = 0;
};

void ways() {
    QTest::addColumn<bool>("another");
    QTest::newRow("closed") << false;
    QTest::newRow("another opened") << true;
}

} // namespace

class ProjectServiceClosingTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aSplitUnderWayIsNotUndoneByTheLastWords_data() { ways(); }
    void aSplitUnderWayIsNotUndoneByTheLastWords() {
        Rig rig;
        rig.closeRightAfter([&] {
            rig.service->apply({{}, {SplitText{rig.first, {1, 0}, 0, QStringLiteral("Rest"), {}}}});
            rig.service->textEdited(rig.first, typed({"One typed on.", "Two typed on."}));
        });
        QCOMPARE(rig.book(), QStringList({"One typed on.", "Two typed on.", "Three."}));
    }

    void aSplitNothingWasTypedInSinceStaysASplit_data() { ways(); }
    void aSplitNothingWasTypedInSinceStaysASplit() {
        Rig rig;
        rig.closeRightAfter([&] {
            rig.service->apply({{}, {SplitText{rig.first, {1, 0}, 0, QStringLiteral("Rest"), {}}}});
        });
        QCOMPARE(rig.book(), QStringList({"One.", "Two.", "Three."}));
    }

    void whatWasTypedInAMergedSceneGoesAlong_data() { ways(); }
    void whatWasTypedInAMergedSceneGoesAlong() {
        Rig rig;
        rig.closeRightAfter([&] {
            rig.service->apply({{}, {MergeTexts{rig.first, rig.second, false, false}}});
            rig.service->textEdited(rig.second, typed({"Three typed on."}));
            rig.service->textEdited(rig.first, typed({"One.", "Two typed on."}));
        });
        QCOMPARE(rig.book(), QStringList({"One. Two typed on. Three typed on."}));
    }

    void aReplacementUnderWayIsKeptBesideTheLastWords_data() { ways(); }
    void aReplacementUnderWayIsKeptBesideTheLastWords() {
        Rig rig;
        rig.closeRightAfter([&] {
            rig.service->apply({{}, {EditText{rig.first, typed({"One.", "Two."}), typed({"1.", "Two."})}}});
            rig.service->textEdited(rig.first, typed({"One.", "Two.", "Typed on."}));
        });
        QCOMPARE(rig.book(), QStringList({"1. Two. Typed on.", "Three."}));
    }

    void changesUnderWayAreFollowedInTheirOrder_data() { ways(); }
    void changesUnderWayAreFollowedInTheirOrder() {
        Rig rig;
        rig.closeRightAfter([&] {
            rig.service->apply({{}, {SplitText{rig.first, {1, 0}, 0, QStringLiteral("Rest"), {}}}});
            rig.service->textEdited(rig.first, typed({"One.", "Two typed on."}));
            rig.service->apply({{}, {MergeTexts{rig.first, rig.second, false, false}}});
            rig.service->textEdited(rig.second, typed({"Three.", "Typed on."}));
        });
        QCOMPARE(rig.book(), QStringList({"One. Three. Typed on.", "Two typed on."}));
    }

    void anUndoUnderWayIsNotUndoneByTheLastWords_data() { ways(); }
    void anUndoUnderWayIsNotUndoneByTheLastWords() {
        Rig rig;
        NodeId made = 0;
        rig.service->apply({{}, {SplitText{rig.first, {1, 0}, 0, QStringLiteral("Rest"), {}}}}, rig.service.get(),
                           [&](const Result<std::vector<NodeId>>& added) { made = added->front(); });
        QVERIFY(QTest::qWaitFor([&] { return made != 0; }, kPatienceMs));
        rig.closeRightAfter([&] {
            rig.service->undoChange();
            rig.service->textEdited(made, typed({"Two typed on."}));
        });
        QCOMPARE(rig.book(), QStringList({"One. Two typed on.", "Three."}));
    }

    void aSceneTakenAwayWhileWrittenInComesBackWithItsWords_data() { ways(); }
    void aSceneTakenAwayWhileWrittenInComesBackWithItsWords() {
        Rig rig;
        NodeId made = 0;
        QObject::connect(rig.service.get(), &ProjectService::nodeAdded, [&](qint64 node) { made = node; });
        rig.service->addNode(0, -1, NodeKind::Scene, QStringLiteral("New"));
        QVERIFY(QTest::qWaitFor([&] { return made != 0; }, kPatienceMs));
        rig.closeRightAfter([&] {
            rig.service->undoChange();
            rig.service->textEdited(made, typed({"Typed on."}));
        });
        QCOMPARE(rig.book(), QStringList({"One. Two.", "Three.", "Typed on."}));
    }
};

} // namespace palimpsest

QTEST_GUILESS_MAIN(palimpsest::ProjectServiceClosingTest)
#include "project_service_closing_test.moc"
