// Notes in the real window: tags completed while they are typed, and the notes of a scene given to its drafts.
#include "tests/ui/binder_fixture.h"
#include "ui/annotations/annotation_commands.h"
#include "ui/drafting/context_notes.h"
#include "ui/drafting/drafting_panel.h"
#include "ui/outline/binder_delegate.h"

#include <QListWidget>
#include <QMenu>
#include <QPushButton>

namespace palimpsest::test {
namespace {

struct NotesFixture : BinderFixture {
    NodeId uncle = 0, island = 0;

    NotesFixture() {
        auto opened = ProjectStore::open(path);
        ProjectStore& store = *opened.store;
        uncle = *store.addNode(0, 9, NodeKind::Note, "The uncle");
        island = *store.addNode(0, 9, NodeKind::Note, "@Marstal");
        if (!store.setPinned(note, false) || !store.saveText(uncle, typed({"Her uncle rows.", "He is old."})) ||
            !store.saveText(scene, typed({"It was the uncle who said it.", "And Marta heard him."})))
            qFatal("cannot make the project of the test");
    }

    QListWidget& tags() { return *editor().findChild<QListWidget*>("tagList"); }
    QStringList offered() {
        QStringList list;
        for (int i = 0; i < tags().count(); ++i) list << tags().item(i)->text();
        return list;
    }
    void typeAtTheEnd(const QString& keys) {
        editor().setFocus();
        editor().moveCursor(QTextCursor::End);
        QTest::keyClicks(&editor(), keys);
    }
    QList<QPushButton*> rows() {
        QList<QPushButton*> shown;
        for (QPushButton* each : window->panel().notes().findChildren<QPushButton*>())
            if (each->isVisible()) shown << each;
        return shown;
    }
    QString rowText(int row) { // without the signs that keep a name in one piece
        return row < rows().size() ? rows()[row]->text().remove(QChar(0x2068)).remove(QChar(0x2069)) : QString();
    }
    QAction* inMenu(int row, const QString& text) {
        for (QAction* each : rows().at(row)->menu()->actions())
            if (each->text().startsWith(text)) return each;
        return nullptr;
    }
    std::string notesOfADraft() {
        window->drafting().start(DraftKind::Continue);
        (void)waitForRest();
        const std::string notes = passage()->session().request().notes;
        passage()->discard();
        (void)QTest::qWaitFor([this] { return !passage(); });
        return notes;
    }
};

} // namespace

class NotesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void aTagIsOfferedWhileItIsTypedAndTaken() {
        NotesFixture f;
        QVERIFY(f.ready());
        f.typeAtTheEnd(" @Mar");
        QVERIFY(f.tags().isVisible());
        QCOMPARE(f.offered(), QStringList({"@Marstal", "@Marta"}));
        QTest::keyClick(&f.editor(), Qt::Key_Down);
        QTest::keyClick(&f.editor(), Qt::Key_Return);
        QVERIFY(!f.tags().isVisible());
        QVERIFY2(f.text().endsWith("heard him. @Marta"), qPrintable(f.text()));
    }

    void aNoteWithoutATagIsOfferedByItsTitle() {
        NotesFixture f;
        QVERIFY(f.ready());
        f.typeAtTheEnd(" @unc");
        QCOMPARE(f.offered(), QStringList({"@The_uncle"}));
        QTest::keyClick(&f.editor(), Qt::Key_Tab);
        QVERIFY(f.text().endsWith(" @The_uncle"));
    }

    void escapeAndOtherWordsCloseTheListAndTheKeysAreThePagesAgain() {
        NotesFixture f;
        QVERIFY(f.ready());
        f.typeAtTheEnd(" @M");
        QVERIFY(f.tags().isVisible());
        QTest::keyClick(&f.editor(), Qt::Key_Escape);
        QVERIFY(!f.tags().isVisible());
        QTest::keyClick(&f.editor(), Qt::Key_Return);
        QVERIFY(f.text().endsWith(" @M\n"));
        QTest::keyClicks(&f.editor(), "@Q");
        QVERIFY(!f.tags().isVisible());
        f.typeAtTheEnd(" @Ma");
        QVERIFY(f.tags().isVisible());
        f.caretTo(3);
        QVERIFY(!f.tags().isVisible());
        f.editor().moveCursor(QTextCursor::End); // going back there is not typing
        QVERIFY(!f.tags().isVisible());
    }

    void theNotesOfWhoeverIsInTheSceneAreGivenToADraft() {
        NotesFixture f;
        QVERIFY(f.ready());
        QVERIFY(QTest::qWaitFor([&] { return f.rows().size() == 2; }));
        QVERIFY(f.rows().front()->accessibleName().contains("mentioned"));
        const QString notes = QString::fromStdString(f.notesOfADraft());
        QCOMPARE(notes, QString("The uncle\nHer uncle rows.\n\nHe is old.\n\n@Marta\nA postmistress."));
    }

    void aNoteLeftOutStaysOutOfThisSceneAndComesBack() {
        NotesFixture f;
        QVERIFY(f.ready());
        QVERIFY(QTest::qWaitFor([&] { return f.rows().size() == 2; }));
        f.inMenu(0, "Leave it out")->trigger();
        QVERIFY(QTest::qWaitFor([&] { return f.rowText(0).contains("left out"); }));
        QCOMPARE(QString::fromStdString(f.notesOfADraft()), QString("@Marta\nA postmistress."));
        QVERIFY(QTest::qWaitFor([&] { return f.rows().size() == 2 && f.inMenu(0, "Give it to the model again"); }));
        f.inMenu(0, "Give it to the model again")->trigger();
        QVERIFY(QTest::qWaitFor([&] { return f.rowText(0).contains("words"); }));
    }

    void aShortenedNoteIsItsFirstParagraph() {
        NotesFixture f;
        QVERIFY(f.ready());
        QVERIFY(QTest::qWaitFor([&] { return f.rows().size() == 2; }));
        f.inMenu(0, "Give its first paragraph")->trigger();
        QVERIFY(QTest::qWaitFor([&] { return f.rowText(0).contains("first paragraph"); }));
        QVERIFY(f.notesOfADraft().find("He is old") == std::string::npos);
    }

    void aPinnedNoteComesFirstAndIsGivenEverywhere() {
        NotesFixture f;
        QVERIFY(f.ready());
        QVERIFY(QTest::qWaitFor([&] { return f.rows().size() == 2; }));
        f.inMenu(1, "Pin")->trigger();
        QVERIFY(QTest::qWaitFor([&] { return f.rows().size() == 2 && f.rowText(0).contains("Marta"); }));
        f.window->openNode(f.a);
        QVERIFY(QTest::qWaitFor([&] { return f.rows().size() == 1; }));
        QCOMPARE(QString::fromStdString(f.notesOfADraft()), QString("@Marta\nA postmistress."));
    }

    void aPinnedPassageIsGivenToDraftsOfOtherScenesUntilItIsUnpinnedThere() {
        NotesFixture f;
        QVERIFY(f.ready());
        f.select(0, 10); // "It was the"
        f.window->annotations().togglePin();
        f.project->saveNow();
        QVERIFY(QTest::qWaitFor([&] { return f.item(f.scene)->data(0, kPinnedRole).toInt() == kPassagesPinned; }));
        QVERIFY(f.item(f.scene)->data(0, Qt::AccessibleTextRole).toString().contains("pinned passages"));
        f.window->openNode(f.other);
        QVERIFY(QTest::qWaitFor([&] { return f.rows().size() == 1; }));
        QVERIFY(f.rowText(0).startsWith(QString("◆ “It was the” · 3 words")));
        QCOMPARE(QString::fromStdString(f.notesOfADraft()), QString("It was the"));

        f.inMenu(0, "Leave it out")->trigger();
        QVERIFY(QTest::qWaitFor([&] { return f.rowText(0).contains("left out"); }));
        QCOMPARE(QString::fromStdString(f.notesOfADraft()), QString());

        f.inMenu(0, "Unpin")->trigger();
        QVERIFY(QTest::qWaitFor([&] { return f.rows().isEmpty(); }));
        QVERIFY(QTest::qWaitFor([&] { return f.item(f.scene)->data(0, kPinnedRole).toInt() == kNotPinned; }));
        f.window.reset();
        QVERIFY(!f.stored().blocks[0].spans[0].pinned);
    }

    void aPinnedPassageOfTheSceneItselfIsGivenWhereItIsOutOfSight() {
        NotesFixture f;
        QVERIFY(f.ready());
        f.select(0, 10);
        f.window->annotations().togglePin();
        f.project->saveNow();
        QVERIFY(QTest::qWaitFor([&] { return f.rows().size() == 3; }));
        f.editor().moveCursor(QTextCursor::End);
        QVERIFY(f.notesOfADraft().find("It was the") == std::string::npos); // it is read right before the draft
        for (int i = 0; i < 40; ++i) f.editor().insertPlainText(" The oars went in and out of the water.");
        QVERIFY(f.notesOfADraft().find("It was the") != std::string::npos);
    }

    void openingAPinnedPassageSelectsIt() {
        NotesFixture f;
        QVERIFY(f.ready());
        f.select(3, 10);
        f.window->annotations().togglePin();
        f.project->saveNow();
        f.window->openNode(f.other);
        QVERIFY(QTest::qWaitFor([&] { return f.rows().size() == 1; }));
        f.inMenu(0, "Open")->trigger();
        QVERIFY(QTest::qWaitFor([&] { return f.editor().textCursor().selectedText() == "was the"; }));
    }
};

} // namespace palimpsest::test

QTEST_MAIN(palimpsest::test::NotesTest)
#include "notes_test.moc"
