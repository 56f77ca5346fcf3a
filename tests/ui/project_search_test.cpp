// Finding and replacing in the whole project, in the real window.
#include "tests/ui/binder_fixture.h"
#include "ui/search/project_search.h"

#include <QComboBox>
#include <QLineEdit>
#include <QToolButton>

namespace palimpsest::test {
namespace {

struct SearchFixture : BinderFixture {
    SearchFixture() {
        auto opened = ProjectStore::open(path);
        ProjectStore& store = *opened.store;
        if (!store.saveText(a, typed({"A red buoy.", "No hit here."})) ||
            !store.saveText(c, typed({"Buoy after buoy after BUOY."})) ||
            !store.saveText(note, typed({"She keeps the buoy."})))
            qFatal("cannot make the project of the test");
    }

    ProjectSearch& search() { return window->search(); }
    QLineEdit* field(const QString& name) {
        for (QLineEdit* each : search().findChildren<QLineEdit*>())
            if (each->accessibleName() == name) return each;
        return nullptr;
    }
    void set(const QString& name, bool on) {
        for (QToolButton* each : search().findChildren<QToolButton*>())
            if (each->accessibleName() == name) each->setChecked(on);
    }
    void in(ProjectSearch::Scope scope) { search().findChild<QComboBox*>()->setCurrentIndex(int(scope)); }
    bool waitForHits(int count) {
        return QTest::qWaitFor([&] { return !search().isSearching() && search().hits().count() == count; });
    }
    QString stateOf() { return search().state(); }
    QTreeWidgetItem* row(int text, int hit) { return search().hits().topLevelItem(text)->child(hit); }
    QString plain(NodeId node) {
        QString found;
        bool done = false;
        project->loadText(node, project.get(), [&](const Result<SceneText>& text) {
            found = text->plain();
            done = true;
        });
        (void)QTest::qWaitFor([&] { return done; });
        return found;
    }
};

} // namespace

class ProjectSearchTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void hitsAreListedByScenesInTheOrderOfTheBook() {
        SearchFixture f;
        QVERIFY(f.ready());
        QTest::keyClick(f.window.get(), Qt::Key_F, Qt::ControlModifier | Qt::ShiftModifier);
        QVERIFY(f.search().isVisible());
        QTest::keyClicks(f.field("Find in the project"), "buoy");
        QVERIFY(f.waitForHits(5)); // one of them in the scene of every fixture
        HitList& hits = f.search().hits();
        QCOMPARE(hits.topLevelItemCount(), 3);
        QVERIFY(hits.topLevelItem(0)->text(0).startsWith("Second buoy"));
        QVERIFY(hits.topLevelItem(1)->text(0).startsWith("First · a"));
        QVERIFY(hits.topLevelItem(2)->text(0).startsWith("Second · c"));
        QVERIFY(f.stateOf().contains("5 hits"));
    }

    void whereToSearchIsChosen() {
        SearchFixture f;
        QVERIFY(f.ready());
        f.search().open(false, "buoy");
        QVERIFY(f.waitForHits(5));
        f.in(ProjectSearch::Scope::Notes);
        QVERIFY(f.waitForHits(1));
        f.in(ProjectSearch::Scope::Everything);
        QVERIFY(f.waitForHits(6));
        f.choose({f.second});
        f.in(ProjectSearch::Scope::Chosen);
        QVERIFY(f.waitForHits(3));
    }

    void caseWholeWordsAndPatternsAreHeeded() {
        SearchFixture f;
        QVERIFY(f.ready());
        f.search().open(false, "BUOY");
        f.set("Match case", true);
        QVERIFY(f.waitForHits(1));
        f.set("Match case", false);
        f.field("Find in the project")->setText("buo");
        f.set("Whole words only", true);
        QVERIFY(f.waitForHits(0));
        QCOMPARE(f.stateOf(), QString("Not found."));
        f.set("Whole words only", false);
        f.set("Regular expression", true);
        f.field("Find in the project")->setText("b.oy\\.");
        QVERIFY(f.waitForHits(2));
        f.field("Find in the project")->setText("b(oy");
        QVERIFY(QTest::qWaitFor([&] { return !f.stateOf().isEmpty() && f.search().hits().count() == 0; }));
    }

    void whatWasJustTypedIsFound() {
        SearchFixture f;
        QVERIFY(f.ready());
        QTest::keyClicks(&f.editor(), "Kittiwakes. ");
        f.search().open(false, "kittiwakes");
        QVERIFY(f.waitForHits(1));
    }

    void aHitIsGoneToOnThePage() {
        SearchFixture f;
        QVERIFY(f.ready());
        f.search().open(false, "after");
        QVERIFY(f.waitForHits(2));
        f.search().hits().setFocus();
        f.search().hits().setCurrentItem(f.row(0, 1));
        QTest::keyClick(&f.search().hits(), Qt::Key_Return);
        QVERIFY(QTest::qWaitFor([&] { return f.window->shownNode() == f.c; }));
        QVERIFY(QTest::qWaitFor([&] { return f.editor().textCursor().selectedText() == "after"; }));
        QCOMPARE(f.editor().textCursor().selectionStart(), int(QString("Buoy after buoy ").size()));
    }

    void onlyWhatIsTickedIsReplacedAndOneUndoTakesAllBack() {
        SearchFixture f;
        QVERIFY(f.ready());
        const QString shown = f.text();
        QTest::keyClick(f.window.get(), Qt::Key_H, Qt::ControlModifier | Qt::ShiftModifier);
        f.field("Find in the project")->setText("buoy");
        f.field("Replace with")->setText("beacon");
        f.set("Keep the case of what is replaced", true);
        QVERIFY(f.waitForHits(5));
        f.row(2, 1)->setCheckState(0, Qt::Unchecked);
        QVERIFY(f.row(2, 2)->data(0, Qt::AccessibleTextRole).toString().contains("BEACON"));
        f.search().replaceTicked();
        QVERIFY(QTest::qWaitFor([&] { return f.text().contains("bell beacon"); })); // the page shows it
        QCOMPARE(f.plain(f.c), QString("Beacon after buoy after BEACON."));
        QCOMPARE(f.plain(f.a), QString("A red beacon.\nNo hit here."));
        QVERIFY(f.window->bar().sentence().startsWith("4 replaced"));
        f.binder().undo();
        QVERIFY(QTest::qWaitFor([&] { return f.text() == shown; }));
        QCOMPARE(f.plain(f.c), QString("Buoy after buoy after BUOY."));
        QCOMPARE(f.plain(f.a), QString("A red buoy.\nNo hit here."));
    }

    void theTextsBeforeAReplacementAreInTheHistory() {
        SearchFixture f;
        QVERIFY(f.ready());
        f.search().open(true, "buoy");
        f.field("Replace with")->setText("beacon");
        QVERIFY(f.waitForHits(5));
        f.search().replaceTicked();
        QVERIFY(QTest::qWaitFor([&] { return f.plain(f.a).contains("beacon"); }));
        (void)f.stored(); // closes
        auto opened = ProjectStore::open(f.path);
        bool found = false;
        const std::vector<Revision> revisions = *opened.store->revisions(f.a);
        for (const Revision& revision : revisions)
            found = found || (revision.cause == RevisionCause::BeforeReplace &&
                              opened.store->revisionText(revision.id)->plain().startsWith("A red buoy."));
        QVERIFY(found);
    }

    void aParagraphChangedSinceTheSearchIsLeftAlone() {
        SearchFixture f;
        QVERIFY(f.ready());
        f.search().open(true, "buoy");
        f.field("Replace with")->setText("beacon");
        f.in(ProjectSearch::Scope::Manuscript);
        QVERIFY(f.waitForHits(5));
        f.caretTo(int(kParagraphs[0].size()) + 1);
        QTest::keyClicks(&f.editor(), "Now: ");
        f.search().replaceTicked();
        QVERIFY(QTest::qWaitFor([&] { return f.window->bar().sentence().contains("4 replaced"); }));
        QVERIFY(f.window->bar().sentence().contains("1 were changed") ||
                f.window->bar().sentence().contains("changed meanwhile"));
        QVERIFY(f.text().contains("Now: It was a bell buoy"));
    }

    void escapeGoesBackToThePage() {
        SearchFixture f;
        QVERIFY(f.ready());
        f.search().open(false, "buoy");
        QTest::keyClick(f.field("Find in the project"), Qt::Key_Escape);
        QVERIFY(!f.search().isVisible());
        QVERIFY(f.binder().isVisible());
        QVERIFY(f.editor().hasFocus());
    }
};

} // namespace palimpsest::test

QTEST_MAIN(palimpsest::test::ProjectSearchTest)
#include "project_search_test.moc"
