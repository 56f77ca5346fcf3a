// Splitting, merging, duplicating, marking and putting aside, from the binder of the real window, and all of it undone.
#include "tests/ui/binder_fixture.h"

#include <QAction>
#include <QComboBox>
#include <QListWidget>
#include <QPlainTextEdit>

namespace palimpsest::test {
namespace {

Block heading(const QString& words) {
    Block block;
    block.kind = BlockKind::Heading;
    block.level = 1;
    Span span;
    span.text = words;
    block.spans.push_back(span);
    return block;
}

QAction* action(BinderFixture& f, const QString& text) {
    for (QAction* each : f.window->findChildren<QAction*>())
        if (each->text().remove('&') == text) return each;
    return nullptr;
}

MarkerId markerOf(BinderFixture& f, Marker::Family family, std::size_t index) {
    std::vector<MarkerId> ids;
    for (const Marker& marker : f.project->markers())
        if (marker.family == family) ids.push_back(marker.id);
    return ids.at(index);
}

QString plain(BinderFixture& f, NodeId node) {
    QString found;
    bool done = false;
    f.project->loadText(node, f.project.get(), [&](const Result<SceneText>& text) {
        found = text ? text->plain() : QString("?");
        done = true;
    });
    (void)QTest::qWaitFor([&] { return done; });
    return found;
}

bool chooseAndOpen(BinderFixture& f, NodeId node) {
    f.choose({node});
    return QTest::qWaitFor([&] { return f.window->shownNode() == node; });
}

} // namespace

class OutlineEditsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theSceneIsSplitAtTheCaretAndJoinedAgainByUndo() {
        BinderFixture f;
        QVERIFY(f.ready());
        const QString before = f.text();
        f.caretTo(int(kParagraphs[0].size()) + 1 + 2); // behind the first word of the second paragraph
        action(f, "Split at the caret")->trigger();
        QVERIFY(QTest::qWaitFor([&] { return f.children(0).contains("Second buoy, second part"); }));
        QCOMPARE(f.children(0).indexOf("Second buoy, second part"), 1);
        QCOMPARE(plain(f, f.scene), kParagraphs[0] + "\nIt ");
        QVERIFY(QTest::qWaitFor([&] { return f.window->shownNode() != f.scene; })); // the second part is open
        QVERIFY(QTest::qWaitFor([&] { return f.text().startsWith("was a bell buoy"); }));
        f.binder().undo();
        QVERIFY(QTest::qWaitFor([&] { return !f.children(0).contains("Second buoy, second part"); }));
        QCOMPARE(plain(f, f.scene), before);
    }

    void everyHeadingBecomesASceneOfThatTitle() {
        BinderFixture f;
        {
            SceneText text = typed({"before"});
            text.blocks.push_back(heading("The slip"));
            for (const Block& block : typed({"one", "two"}).blocks) text.blocks.push_back(block);
            text.blocks.push_back(heading("The bell"));
            QVERIFY(ProjectStore::open(f.path).store->saveText(f.a, text).ok());
        }
        QVERIFY(f.ready());
        QVERIFY(chooseAndOpen(f, f.a));
        action(f, "Split at each heading")->trigger();
        QVERIFY(QTest::qWaitFor([&] { return f.children(f.first).size() == 4; }));
        QCOMPARE(f.children(f.first), QStringList({"a", "The slip", "The bell", "b"}));
        QVERIFY(QTest::qWaitFor([&] { return f.text() == "before"; })); // the page follows
        for (const Node& node : f.project->nodes())
            if (node.title == "The slip") f.project->textEdited(node.id, typed({"one", "two", "since"}));
        f.binder().undo();
        QVERIFY(QTest::qWaitFor([&] { return f.children(f.first) == QStringList({"a", "b"}); }));
        QCOMPARE(plain(f, f.a), QString("before\nThe slip\none\ntwo\nsince\nThe bell"));
    }

    void aSceneIsMergedWithTheNextOneOfItsChapter() {
        BinderFixture f;
        {
            auto opened = ProjectStore::open(f.path);
            QVERIFY(opened.store->saveText(f.a, typed({"one"})).ok());
            QVERIFY(opened.store->saveText(f.b, typed({"two"})).ok());
        }
        QVERIFY(f.ready());
        QVERIFY(chooseAndOpen(f, f.a));
        action(f, "Merge with the next")->trigger();
        QVERIFY(QTest::qWaitFor([&] { return f.children(f.first) == QStringList({"a"}); }));
        QVERIFY(QTest::qWaitFor([&] { return f.text() == "one\ntwo"; }));
        f.choose({f.a});
        QVERIFY(!action(f, "Merge with the next")->isEnabled()); // "c" is of another chapter
        f.binder().undo();
        QVERIFY(QTest::qWaitFor([&] { return f.children(f.first) == QStringList({"a", "b"}); }));
        QVERIFY(QTest::qWaitFor([&] { return plain(f, f.a) == "one"; }));
        QCOMPARE(plain(f, f.b), QString("two"));
    }

    void aCopyOfAChapterHasItsScenesAndTheirWords() {
        BinderFixture f;
        QVERIFY(ProjectStore::open(f.path).store->saveText(f.a, typed({"words of a"})).ok());
        QVERIFY(f.ready());
        f.choose({f.first});
        action(f, "Duplicate")->trigger();
        QVERIFY(QTest::qWaitFor([&] { return f.children(f.part).size() == 3; }));
        QCOMPARE(f.children(f.part), QStringList({"First", "First (copy)", "Second"}));
        const NodeId copy = childrenOf(f.project->nodes(), f.part)[1].id;
        QCOMPARE(f.children(copy), QStringList({"a", "b"}));
        QCOMPARE(plain(f, childrenOf(f.project->nodes(), copy)[0].id), QString("words of a"));
        f.binder().undo();
        QVERIFY(QTest::qWaitFor([&] { return f.children(f.part).size() == 2; }));
    }

    void severalCopiesStandBehindTheirOriginals() {
        BinderFixture f;
        QVERIFY(f.ready());
        f.choose({f.a, f.b});
        f.binder().duplicateChosen();
        QVERIFY(QTest::qWaitFor([&] { return f.children(f.first).size() == 4; }));
        QCOMPARE(f.children(f.first), QStringList({"a", "a (copy)", "b", "b (copy)"}));
    }

    void aStatusIsSetForAllThatAreChosenAndSaid() {
        BinderFixture f;
        QVERIFY(f.ready());
        f.choose({f.a, f.b});
        f.press(Qt::Key_S, Qt::AltModifier);
        const MarkerId first = markerOf(f, Marker::Family::Status, 0);
        QCOMPARE(f.project->node(f.a)->status, first);
        QCOMPARE(f.project->node(f.b)->status, first);
        QVERIFY(f.item(f.a)->data(0, Qt::AccessibleTextRole).toString().contains(f.project->marker(first)->name));
        f.press(Qt::Key_S, Qt::AltModifier);
        QCOMPARE(f.project->node(f.a)->status, markerOf(f, Marker::Family::Status, 1));
        f.binder().undo();
        f.binder().undo();
        QCOMPARE(f.project->node(f.a)->status, MarkerId(0));
    }

    void theCardBelowTheTreeSetsALabel() {
        BinderFixture f;
        QVERIFY(f.ready());
        f.choose({f.c});
        QComboBox* label = nullptr;
        for (QComboBox* each : f.binder().card().findChildren<QComboBox*>())
            if (each->accessibleName() == "Label") label = each;
        QVERIFY(label && label->count() > 2);
        label->setCurrentIndex(2);
        Q_EMIT label->activated(2);
        QCOMPARE(f.project->node(f.c)->label, markerOf(f, Marker::Family::Label, 1));
    }

    void aSynopsisTypedIsStoredBeforeAnotherSceneIsShown() {
        BinderFixture f;
        QVERIFY(f.ready());
        f.choose({f.c});
        auto* synopsis = f.binder().card().findChild<QPlainTextEdit*>();
        synopsis->setFocus();
        QTest::keyClicks(synopsis, "She rows out.");
        f.choose({f.d});
        QCOMPARE(f.project->node(f.c)->synopsis, QString("She rows out."));
        QVERIFY(synopsis->toPlainText().isEmpty());
        QTest::qWait(1);
        QVERIFY(f.item(f.c)->toolTip(0).contains("She rows out."));
        f.binder().undo();
        QCOMPARE(f.project->node(f.c)->synopsis, QString());
    }

    void whatIsPutAsideIsNoPartOfTheBook() {
        BinderFixture f;
        QVERIFY(f.ready());
        f.choose({f.c});
        action(f, "Move to Research")->trigger();
        QVERIFY(QTest::qWaitFor([&] { return f.heading("Research") && f.heading("Research")->childCount() == 1; }));
        const std::vector<NodeId> book = f.binder().scenesInOrder();
        QVERIFY(std::find(book.begin(), book.end(), f.c) == book.end());
        f.choose({f.c});
        action(f, "Move to the book")->trigger();
        QVERIFY(QTest::qWaitFor([&] { return f.children(0).contains("c"); }));
        QVERIFY(f.drop({f.d}, f.heading("Research"), 0.5));
        QCOMPARE(f.children(f.second), QStringList());
        f.tree().setFocus();
        f.press(Qt::Key_Z, Qt::ControlModifier);
        QCOMPARE(f.children(f.second), QStringList({"d"}));
    }

    void theMenuSaysWhatWouldBeUndone() {
        BinderFixture f;
        QVERIFY(f.ready());
        f.choose({f.a});
        f.binder().moveChosen(MoveWay::Down);
        QVERIFY(action(f, "Undo moving “a”"));
        QVERIFY(action(f, "Undo moving “a”")->isEnabled());
    }

    void aSceneShowsItsNotesAndANoteItsScenes() {
        BinderFixture f;
        {
            auto opened = ProjectStore::open(f.path);
            QVERIFY(opened.store->saveText(f.a, typed({"There was Marta on the slip."})).ok());
        }
        QVERIFY(f.ready());
        QListWidget& related = f.binder().card().related();
        f.choose({f.a});
        QVERIFY(QTest::qWaitFor([&] { return related.count() == 1; }));
        QCOMPARE(related.item(0)->text(), QString("@Marta"));
        Q_EMIT related.itemClicked(related.item(0));
        QVERIFY(QTest::qWaitFor([&] { return f.window->shownNode() == f.note; }));
        const bool shown = QTest::qWaitFor([&] { return related.count() == 1 && related.item(0)->text() == "a"; });
        QVERIFY2(shown, qPrintable(QString("%1 rows, %2 chosen").arg(related.count()).arg(f.binder().chosen().size())));
        QVERIFY(related.item(0)->toolTip().contains("on the slip"));
    }
};

} // namespace palimpsest::test

QTEST_MAIN(palimpsest::test::OutlineEditsTest)
#include "outline_edits_test.moc"
