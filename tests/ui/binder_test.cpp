// The binder in the real window: dragging, keys, several at once, and the undoing of all of it.
#include "tests/ui/binder_fixture.h"

#include "app/storage/node_tree.h"
#include "ui/outline/deletion_question.h"

#include <QAbstractButton>
#include <QDir>
#include <QLineEdit>
#include <QMessageBox>

namespace palimpsest::test {
class BinderTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void oneIsDraggedBetweenOthersAndIntoAChapter() {
        BinderFixture f;
        QVERIFY(f.ready());
        QVERIFY(f.drop({f.a}, f.item(f.d), 0.0));
        QCOMPARE(f.children(f.second), QStringList({"c", "a", "d"}));
        QVERIFY(f.drop({f.a}, f.item(f.first), 0.5));
        QCOMPARE(f.children(f.first), QStringList({"b", "a"}));
        QVERIFY(f.drop({f.b}, f.item(f.d), 1.0));
        QCOMPARE(f.children(f.second), QStringList({"c", "d", "b"}));
    }

    void severalAreDraggedTogetherAndComeBackWithOneUndo() {
        BinderFixture f;
        QVERIFY(f.ready());
        QVERIFY(f.drop({f.a, f.d}, f.item(f.c), 0.0));
        QCOMPARE(f.children(f.second), QStringList({"a", "d", "c"}));
        f.tree().setFocus();
        f.press(Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(f.children(f.second), QStringList({"c", "d"}));
        QCOMPARE(f.children(f.first), QStringList({"a", "b"}));
        f.press(Qt::Key_Z, Qt::ControlModifier | Qt::ShiftModifier);
        QCOMPARE(f.children(f.second), QStringList({"a", "d", "c"}));
    }

    void aPartIsNotDroppedIntoItsOwnChapterNorANoteIntoTheBook() {
        BinderFixture f;
        QVERIFY(f.ready());
        QVERIFY(!f.drop({f.part}, f.item(f.second), 0.5));
        QVERIFY(!f.drop({f.note}, f.item(f.first), 0.5));
        QVERIFY(!f.drop({f.a}, f.heading("Notes"), 0.5));
    }

    void whatIsDraggedToTheTrashComesOutByDraggingToo() {
        BinderFixture f;
        QVERIFY(f.ready());
        f.choose({f.d});
        f.press(Qt::Key_Delete);
        QVERIFY(f.heading("Trash"));
        QVERIFY(f.drop({f.c}, f.heading("Trash"), 0.5));
        QVERIFY(f.project->node(f.c)->trashed);
        f.heading("Trash")->setExpanded(true);
        QVERIFY(f.drop({f.c}, f.item(f.a), 0.0));
        QVERIFY(!f.project->node(f.c)->trashed);
        QCOMPARE(f.children(f.first), QStringList({"c", "a", "b"}));
        f.tree().setFocus();
        f.press(Qt::Key_Z, Qt::ControlModifier);
        QVERIFY(f.project->node(f.c)->trashed);
    }

    void onlyWhatTheWriterAgreesToIsDeletedForGood() {
        BinderFixture f;
        QVERIFY(f.ready());
        f.choose({f.second});
        f.press(Qt::Key_Delete);
        f.choose({f.a});
        f.press(Qt::Key_Delete);
        const auto question = [&] { return f.window->findChild<QMessageBox*>("deletionQuestion"); };
        askToDeleteForGood(*f.window, *f.project, trashRoots(f.project->nodes()));
        QVERIFY(question()->text().contains("4 items")); // a chapter with its scenes, and one scene
        question()->button(QMessageBox::Cancel)->click();
        QTRY_VERIFY(!question());
        QVERIFY(f.project->node(f.second));
        askToDeleteForGood(*f.window, *f.project, trashRoots(f.project->nodes()));
        for (QAbstractButton* button : question()->buttons())
            if (question()->buttonRole(button) == QMessageBox::DestructiveRole) button->click();
        QTRY_VERIFY(!f.project->node(f.second) && !f.project->node(f.a) && !f.project->node(f.d));
        QVERIFY(f.project->node(f.b));
        QTRY_VERIFY(!f.heading("Trash"));
        QVERIFY(f.project->undoName().isEmpty());
        QCOMPARE(QDir(f.path + ".backups").entryList(QDir::Files).isEmpty(), false);
    }

    void altWithArrowsMovesWhatIsChosenAndItStaysChosen() {
        BinderFixture f;
        QVERIFY(f.ready());
        f.choose({f.b});
        f.press(Qt::Key_Up, Qt::AltModifier);
        QCOMPARE(f.children(f.first), QStringList({"b", "a"}));
        f.press(Qt::Key_Down, Qt::AltModifier);
        f.press(Qt::Key_Down, Qt::AltModifier);
        QCOMPARE(f.children(f.second), QStringList({"b", "c", "d"}));
        f.press(Qt::Key_Left, Qt::AltModifier);
        QCOMPARE(f.children(f.part), QStringList({"First", "Second", "b"}));
        f.press(Qt::Key_Right, Qt::AltModifier);
        QCOMPARE(f.children(f.second), QStringList({"c", "d", "b"}));
        QCOMPARE(f.binder().chosen(), std::vector<NodeId>{f.b});
        f.choose({f.c, f.d});
        f.press(Qt::Key_Down, Qt::AltModifier);
        QCOMPARE(f.children(f.second), QStringList({"b", "c", "d"}));
        QCOMPARE(f.binder().chosen(), (std::vector<NodeId>{f.c, f.d}));
    }

    void theSameKeysInThePageMoveNoScene() {
        BinderFixture f;
        QVERIFY(f.ready());
        f.editor().setFocus();
        QTest::keyClick(&f.editor(), Qt::Key_Down, Qt::AltModifier);
        QCOMPARE(f.children(0).front(), QString("Second buoy"));
    }

    void severalChosenOpenNothingAndGoToTheTrashTogether() {
        BinderFixture f;
        QVERIFY(f.ready());
        f.choose({f.a});
        QVERIFY(QTest::qWaitFor([&] { return f.window->shownNode() == f.a; }));
        QTest::keyClick(&f.tree(), Qt::Key_Down, Qt::ShiftModifier);
        QCOMPARE(f.binder().chosen().size(), std::size_t(2));
        QTest::qWait(1);
        QCOMPARE(f.window->shownNode(), f.a);
        f.press(Qt::Key_Delete);
        QVERIFY(f.project->node(f.a)->trashed && f.project->node(f.b)->trashed);
        QVERIFY(f.window->bar().sentence().startsWith("2 items"));
        f.press(Qt::Key_Z, Qt::ControlModifier);
        QVERIFY(!f.project->node(f.a)->trashed && !f.project->node(f.b)->trashed);
    }

    void aTitleIsTypedInPlaceAndTakenBack() {
        BinderFixture f;
        QVERIFY(f.ready());
        f.choose({f.c});
        f.press(Qt::Key_F2);
        auto* title = f.tree().findChild<QLineEdit*>();
        QVERIFY(title);
        title->selectAll();
        QTest::keyClicks(title, "The bell");
        QTest::keyClick(title, Qt::Key_Return);
        QVERIFY(QTest::qWaitFor([&] { return f.project->node(f.c)->title == "The bell"; }));
        f.tree().setFocus();
        f.press(Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(f.project->node(f.c)->title, QString("c"));
    }

    void aNewSceneStandsBehindTheCurrentOneAndUndoTakesItAway() {
        BinderFixture f;
        QVERIFY(f.ready());
        f.choose({f.a});
        f.binder().addNode(NodeKind::Scene);
        QVERIFY(QTest::qWaitFor([&] { return f.children(f.first).size() == 3; }));
        QCOMPARE(f.children(f.first), QStringList({"a", "New scene", "b"}));
        QVERIFY(QTest::qWaitFor([&] { return f.tree().isEditing(); }));
        QTest::keyClick(f.tree().findChild<QLineEdit*>(), Qt::Key_Escape);
        f.tree().setFocus();
        f.press(Qt::Key_Z, Qt::ControlModifier);
        QVERIFY(QTest::qWaitFor([&] { return f.children(f.first) == QStringList({"a", "b"}); }));
    }

    void pinsOfSeveralNotesAreOneStep() {
        BinderFixture f;
        QVERIFY(f.ready());
        f.choose({f.note});
        f.binder().togglePins();
        QVERIFY(!f.project->node(f.note)->pinned);
        f.binder().undo();
        QVERIFY(f.project->node(f.note)->pinned);
    }

    void whatIsUndoneIsOnTheDisk() {
        BinderFixture f;
        QVERIFY(f.ready());
        QVERIFY(f.drop({f.a, f.b}, f.item(f.d), 1.0));
        f.binder().undo();
        f.binder().redo();
        (void)f.stored(); // closes
        auto opened = ProjectStore::open(f.path);
        QStringList titles;
        const std::vector<Node> nodes = *opened.store->nodes();
        for (const Node& node : childrenOf(nodes, f.second)) titles << node.title;
        QCOMPARE(titles, QStringList({"c", "d", "a", "b"}));
    }
};

} // namespace palimpsest::test

QTEST_MAIN(palimpsest::test::BinderTest)
#include "binder_test.moc"
