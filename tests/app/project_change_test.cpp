// Changes of a project and what takes them back; its history and snapshots; on real files.
#include "app/storage/node_tree.h"
#include "app/storage/project_store.h"
#include "app/storage/revision_thinning.h"
#include "tests/support/typed_text.h"

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>

namespace palimpsest {
namespace {

using test::typed;

EditNode edited(NodeId node) {
    EditNode edit;
    edit.node = node;
    return edit;
}

struct Rig {
    Rig() : opened(ProjectStore::create(path, QStringLiteral("Test"))), store(*opened.store) {
        first = *store.addNode(0, -1, NodeKind::Scene, QStringLiteral("First"));
        second = *store.addNode(0, -1, NodeKind::Scene, QStringLiteral("Second"));
        (void)store.saveText(first, typed({"One.", "Two two.", "Three."})).ok();
        (void)store.saveText(second, typed({"Four.", "Five."})).ok();
    }
    ProjectChange apply(ProjectChange change) {
        auto applied = store.apply(change);
        if (!applied) qFatal("%s", applied.error().message.c_str());
        last = std::move(*applied);
        return last.inverse;
    }
    QString plain(NodeId node) { return store.text(node)->plain(); }
    QStringList titles() {
        QStringList titles;
        const auto nodes = *store.nodes();
        for (const Node& node : nodes) titles << node.title + (node.trashed ? u"†"_qs : QString());
        return titles;
    }
    QTemporaryDir folder;
    QString path = folder.filePath(QStringLiteral("test.palimpsest"));
    ProjectStore::Opened opened;
    ProjectStore& store;
    NodeId first = 0, second = 0;
    AppliedChange last;
};

} // namespace

class ProjectChangeTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everyFieldOfANodeCanBeSetAndTakenBack() {
        Rig rig;
        const auto before = *rig.store.nodes();
        EditNode edit = edited(rig.first);
        edit.title = QStringLiteral("New");
        edit.synopsis = QStringLiteral("She arrives.\nIt rains.");
        edit.status = rig.store.markers()->front().id;
        edit.label = rig.store.markers()->back().id;
        edit.pinned = true;
        edit.trashed = true;
        const ProjectChange back = rig.apply({QStringLiteral("Edit"), {edit}});
        const Node now = *findNode(*rig.store.nodes(), rig.first);
        QCOMPARE(now.synopsis, QStringLiteral("She arrives.\nIt rains."));
        QVERIFY(now.status != 0 && now.label != 0 && now.pinned && now.trashed);
        const ProjectChange again = rig.apply(back);
        QCOMPARE(*rig.store.nodes(), before);
        rig.apply(again);
        QCOMPARE(findNode(*rig.store.nodes(), rig.first)->title, QStringLiteral("New"));
    }

    void manyMovesAreOneChangeAndComeBackInOrder() {
        Rig rig;
        const NodeId part = *rig.store.addNode(0, 0, NodeKind::Part, QStringLiteral("Part"));
        const auto before = *rig.store.nodes();
        const ProjectChange back =
            rig.apply({{}, {MoveNode{rig.second, part, 0}, MoveNode{rig.first, part, 0}, MoveNode{part, 0, -1}}});
        QCOMPARE(findNode(*rig.store.nodes(), rig.second)->position, 1);
        rig.apply(back);
        QCOMPARE(*rig.store.nodes(), before);
    }

    void aRefusedStepUndoesTheWholeChange() {
        Rig rig;
        const auto before = *rig.store.nodes();
        EditNode rename = edited(rig.first);
        rename.title = QStringLiteral("New");
        QVERIFY(!rig.store.apply({{}, {rename, MoveNode{999, 0, 0}}}));
        QCOMPARE(*rig.store.nodes(), before);
    }

    void aSplitTakenBackIsTheSceneAsItWas() {
        Rig rig;
        const auto before = *rig.store.nodes();
        const ProjectChange back = rig.apply({{}, {SplitText{rig.first, {1, 4}, 0, QStringLiteral("Rest"), {}}}});
        QCOMPARE(rig.titles().join(u'|'), QStringLiteral("First|Rest|Second"));
        QCOMPARE(rig.plain(rig.first), QStringLiteral("One.\nTwo "));
        const NodeId made = rig.last.added.front();
        QCOMPARE(rig.plain(made), QStringLiteral("two.\nThree."));
        QCOMPARE(findNode(*rig.store.nodes(), made)->words, 2);
        const ProjectChange again = rig.apply(back);
        QCOMPARE(rig.plain(rig.first), QStringLiteral("One.\nTwo two.\nThree."));
        QCOMPARE(*rig.store.nodes(), before); // an empty new scene leaves nothing in the trash
        rig.apply(again);
        QCOMPARE(rig.plain(made), QStringLiteral("two.\nThree."));
    }

    void whatWasWrittenAfterASplitIsThereWhenItIsTakenBack() {
        Rig rig;
        const ProjectChange back = rig.apply({{}, {SplitText{rig.first, {2, 0}, 0, QStringLiteral("Rest"), {}}}});
        const NodeId made = rig.last.added.front();
        QVERIFY(rig.store.saveText(rig.first, typed({"One.", "Two two.", "New here."})));
        QVERIFY(rig.store.saveText(made, typed({"Three.", "New there."})));
        rig.apply(back);
        QCOMPARE(rig.plain(rig.first), QStringLiteral("One.\nTwo two.\nNew here.\nThree.\nNew there."));
    }

    void whatWasWrittenInASceneThatWasMergedAwayIsNotOverwritten() {
        Rig rig;
        const ProjectChange back = rig.apply({{}, {MergeTexts{rig.first, rig.second, false, false}}});
        QVERIFY(rig.store.saveText(rig.second, typed({"Four.", "Written in the trash."})));
        rig.apply(back);
        QCOMPARE(rig.titles().join(u'|'), QStringLiteral("First|Second|Second†")); // a new one, and the old one
        QCOMPARE(rig.plain(rig.last.added.front()), QStringLiteral("Four.\nFive."));
        QCOMPARE(rig.plain(rig.second), QStringLiteral("Four.\nWritten in the trash."));
    }

    void aNewSceneThatWasWrittenInGoesToTheTrashWhenItIsUndone() {
        Rig rig;
        Node scene;
        const ProjectChange back = rig.apply({{}, {AddNode{scene, {}}}});
        const NodeId made = rig.last.added.front();
        QVERIFY(rig.store.saveText(made, typed({"Words."})));
        rig.apply(back);
        QVERIFY(findNode(*rig.store.nodes(), made)->trashed);
        QCOMPARE(rig.plain(made), QStringLiteral("Words."));
    }

    void aMergeTakenBackCutsWhatWasWrittenSince() {
        Rig rig;
        const ProjectChange back = rig.apply({{}, {MergeTexts{rig.first, rig.second, false, false}}});
        QCOMPARE(rig.plain(rig.first), QStringLiteral("One.\nTwo two.\nThree.\nFour.\nFive."));
        QCOMPARE(rig.titles().join(u'|'), QStringLiteral("First|Second†"));
        QCOMPARE(rig.plain(rig.second), QStringLiteral("Four.\nFive.")); // in the trash, whole
        QVERIFY(
            rig.store.saveText(rig.first, typed({"One.", "Two two.", "Three.", "Before.", "Four.", "Five!", "End."})));
        rig.apply(back);
        QCOMPARE(rig.plain(rig.first), QStringLiteral("One.\nTwo two.\nThree.\nBefore."));
        QCOMPARE(rig.plain(rig.second), QStringLiteral("Four.\nFive!\nEnd."));
        QCOMPARE(rig.titles().join(u'|'), QStringLiteral("First|Second"));
    }

    void provenanceAndCommentsSurviveSplitAndMerge() {
        Rig rig;
        SceneText text = typed({"a"});
        text.blocks[0].spans = {{"Typed, ", {}, Provenance::Typed, 0},
                                {"drafted and more", {}, Provenance::Drafted, 7, {}, "Check", "Note", true}};
        QVERIFY(rig.store.saveText(rig.first, text));
        const ProjectChange back = rig.apply({{}, {SplitText{rig.first, {0, 15}, 0, {}, {}}}});
        const auto rest = rig.store.text(rig.last.added.front());
        QCOMPARE(rest->blocks[0].spans[0].provenance, Provenance::Drafted);
        QCOMPARE(rest->blocks[0].spans[0].comment, QStringLiteral("Check"));
        QCOMPARE(rig.store.pinnedPassages()->size(), 2U);
        rig.apply(back);
        QCOMPARE(*rig.store.text(rig.first), text);
        QCOMPARE(rig.store.pinnedPassages()->front().text, QStringLiteral("drafted and more"));
    }

    void aReplacementTakenBackLeavesParagraphsChangedSince() {
        Rig rig;
        const SceneText was = *rig.store.text(rig.first);
        const ProjectChange back = rig.apply(
            {{}, {EditText{rig.first, was, typed({"ONE.", "TWO two.", "Three."})}}, RevisionCause::BeforeReplace});
        QVERIFY(rig.store.saveText(rig.first, typed({"ONE.", "TWO twice.", "Three."})));
        rig.apply(back);
        QCOMPARE(rig.plain(rig.first), QStringLiteral("One.\nTWO twice.\nThree."));
    }

    void archiveIsMadeWhenNeededAndIsNoPartOfTheBook() {
        Rig rig;
        const ProjectChange back =
            rig.apply({{}, moveToPlace(*rig.store.nodes(), {rig.first}, NodeKind::Archive, QStringLiteral("Archive"))});
        const auto nodes = *rig.store.nodes();
        QCOMPARE(wordsOfBook(nodes), findNode(nodes, rig.second)->words);
        QVERIFY(wordsOfBook(nodes) > 0 && !isInTrash(nodes, rig.first));
        rig.apply({{}, moveToPlace(nodes, {rig.second}, NodeKind::Archive, QStringLiteral("Archive"))});
        QCOMPARE(rig.store.nodes()->size(), 3U); // one archive
        rig.apply(rig.last.inverse);
        rig.apply(back);
        QCOMPARE(rig.titles().join(u'|'), QStringLiteral("First|Second"));
    }

    void aRemovedMarkerIsTakenOffItsNodes() {
        Rig rig;
        auto markers = *rig.store.markers();
        EditNode edit = edited(rig.first);
        edit.status = markers[0].id;
        rig.apply({{}, {edit}});
        markers.erase(markers.begin());
        markers[0].name = QStringLiteral("Half");
        markers.push_back({0, Marker::Family::Label, QStringLiteral("Storm"), 0x123456, MarkerShape::Star});
        const auto set = rig.store.setMarkers(markers);
        QCOMPARE(set->size(), markers.size());
        QVERIFY(set->back().id != 0);
        QCOMPARE(set->front().name, QStringLiteral("Half"));
        QCOMPARE(findNode(*rig.store.nodes(), rig.first)->status, 0);
    }

    void wordsAndPhrasesAreFoundAsSoonAsTheyAreSaved() {
        Rig rig;
        const auto count = [&](const char* pattern, bool wholeWord, bool regex = false) {
            return rig.store.search({QString::fromUtf8(pattern), regex, wholeWord, false}, 100)->matches;
        };
        QCOMPARE(count("two", true), 2);
        QCOMPARE(count("two two", true), 1);
        QCOMPARE(count("w", false), 2);
        QCOMPARE(count("F\\w+", false, true), 2);
        QVERIFY(rig.store.saveText(rig.first, typed({"Nora\u2019s lamp, \u6d77\u8fba."})));
        QCOMPARE(count("two", true), 0);
        QCOMPARE(count("Nora's", true), 1);
        const auto found = rig.store.search({QStringLiteral("Five"), false, true, false}, 100);
        QCOMPARE(found->paragraphs[0].node, rig.second);
        QCOMPARE(found->paragraphs[0].block, 1);
        QCOMPARE(rig.store.search({QStringLiteral("."), false, false, false}, 2)->complete, false);
        QVERIFY(rig.store.setTrashed(rig.second, true));
        QCOMPARE(count("Five", true), 0);
    }

    void theTextBeforeASplitAnAcceptedDraftOrAReplacementIsInTheHistory() {
        Rig rig;
        rig.apply({{}, {SplitText{rig.first, {2, 0}, 0, {}, {}}}});
        auto revisions = *rig.store.revisions(rig.first);
        QCOMPARE(revisions.size(), 1U);
        QCOMPARE(revisions[0].cause, RevisionCause::BeforeChange);
        QCOMPARE(rig.store.revisionText(revisions[0].id)->plain(), QStringLiteral("One.\nTwo two.\nThree."));
        StoredDraft draft;
        draft.node = rig.second;
        draft.created = QDateTime::currentDateTimeUtc();
        draft.id = *rig.store.addDraft(draft);
        draft.state = StoredDraft::State::Accepted;
        QVERIFY(rig.store.updateDraft(draft));
        QVERIFY(rig.store.updateDraft(draft)); // accepted already
        revisions = *rig.store.revisions(rig.second);
        QCOMPARE(revisions.size(), 1U);
        QCOMPARE(revisions[0].cause, RevisionCause::BeforeDraft);
    }

    void writingKeepsOneRevisionInTenMinutes() {
        Rig rig;
        for (int i = 0; i < 20; ++i) QVERIFY(rig.store.saveText(rig.first, typed({QString::number(i)})));
        const auto revisions = *rig.store.revisions(rig.first);
        QCOMPARE(revisions.size(), 1U);
        QCOMPARE(revisions[0].cause, RevisionCause::Writing);
        QCOMPARE(rig.store.revisionText(revisions[0].id)->plain(), QStringLiteral("One.\nTwo two.\nThree."));
    }

    void oldRevisionsStandFurtherApartAndTheNewestAllStay() {
        std::vector<QDateTime> times;
        QDateTime time(QDate(2026, 11, 25), QTime(12, 0), Qt::UTC);
        for (int i = 0; i < 20'000; ++i, time = time.addSecs(-600)) times.push_back(time); // 139 days
        const auto removed = thinnedOut(times);
        std::vector<QDateTime> left;
        std::size_t next = 0;
        for (std::size_t i = 0; i < times.size(); ++i) {
            if (next < removed.size() && removed[next] == i)
                ++next;
            else
                left.push_back(times[i]);
        }
        QCOMPARE(next, removed.size());
        QVERIFY2(left.size() > 300 && left.size() < 400, qPrintable(QString::number(left.size())));
        QVERIFY(removed.front() > 143); // the last day, whole
        QVERIFY(thinnedOut(left).empty());
        QVERIFY(thinnedOut(std::vector<QDateTime>(50, time)).empty());
    }

    void aSnapshotOfTheProjectBringsTextsTitlesAndPlacesBack() {
        Rig rig;
        const auto before = *rig.store.nodes();
        const auto snapshot = rig.store.takeSnapshot(QStringLiteral("First draft"), 0);
        EditNode rename = edited(rig.first);
        rename.title = QStringLiteral("Renamed");
        rename.trashed = true;
        const NodeId part = *rig.store.addNode(0, 0, NodeKind::Part, QStringLiteral("Later"));
        rig.apply({{}, {rename, MoveNode{rig.second, part, 0}}});
        QVERIFY(rig.store.saveText(rig.first, typed({"Other."})));
        const auto change = rig.store.restoration(*snapshot, QStringLiteral("Restore"));
        const ProjectChange back = rig.apply(*change);
        QCOMPARE(rig.plain(rig.first), QStringLiteral("One.\nTwo two.\nThree."));
        QCOMPARE(rig.titles().join(u'|'), QStringLiteral("First|Second|Later")); // what is newer stays
        QCOMPARE(rig.store.revisions(rig.first)->front().cause, RevisionCause::BeforeRestore);
        rig.apply(back);
        QCOMPARE(rig.plain(rig.first), QStringLiteral("Other."));
        QCOMPARE(findNode(*rig.store.nodes(), rig.second)->parent, part);
    }

    void aSecondSnapshotOfTheSameTextsAddsNoBodies() {
        Rig rig;
        const auto one = rig.store.takeSnapshot(QStringLiteral("One"), 0);
        const auto two = rig.store.takeSnapshot(QStringLiteral("Two"), rig.first);
        QCOMPARE(rig.store.snapshots()->size(), 2U);
        QCOMPARE(rig.store.snapshotRevisions(*two)->size(), 1U);
        QVERIFY(rig.store.removeSnapshot(*one));
        QCOMPARE(rig.store.snapshotRevisions(*one)->size(), 0U);
        const auto left = *rig.store.revisions(rig.first);
        QCOMPARE(left.size(), 1U);
        QCOMPARE(left[0].name, QStringLiteral("Two"));
        QVERIFY(rig.store.revisionText(left[0].id)); // its body is still held
    }

    void whatIsDeletedForGoodLeavesNothingButABackup() {
        Rig rig;
        const NodeId chapter = *rig.store.addNode(0, -1, NodeKind::Chapter, QStringLiteral("Chapter"));
        rig.apply({{}, {MoveNode{rig.second, chapter, 0}}});
        StoredDraft draft;
        draft.node = rig.second;
        QVERIFY(rig.store.addDraft(draft));
        const auto snapshot = rig.store.takeSnapshot(QStringLiteral("All"), 0);
        QVERIFY(!rig.store.deleteForGood({chapter})); // is not in the trash
        QVERIFY(rig.store.setTrashed(chapter, true));
        QVERIFY(!rig.store.deleteForGood({chapter, 999}));
        QCOMPARE(rig.store.nodes()->size(), 3U);
        QVERIFY(rig.store.deleteForGood({chapter, rig.second}));
        QCOMPARE(rig.titles().join(u'|'), QStringLiteral("First"));
        QVERIFY(!rig.store.text(rig.second));
        QVERIFY(rig.store.drafts(rig.second)->empty() && rig.store.revisions(rig.second)->empty());
        QCOMPARE(rig.store.search({QStringLiteral("Four")}, 10)->matches, 0);
        QVERIFY(rig.store.text(rig.first)); // and its history
        QCOMPARE(rig.store.snapshotRevisions(*snapshot)->size(), 1U);
        const auto restoration = rig.store.restoration(*snapshot, QStringLiteral("Restore"));
        QVERIFY(restoration && rig.store.apply(*restoration));
        const QDir backups(rig.path + QStringLiteral(".backups"));
        const QStringList names = backups.entryList(QDir::Files, QDir::Name);
        QVERIFY(!names.isEmpty());
        const auto copy = ProjectStore::open(backups.filePath(names.back()));
        QCOMPARE(copy.store->text(rig.second)->plain(), QStringLiteral("Four.\nFive."));
    }
};

} // namespace palimpsest

QTEST_GUILESS_MAIN(palimpsest::ProjectChangeTest)
#include "project_change_test.moc"
