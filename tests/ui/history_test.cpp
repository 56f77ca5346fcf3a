// The history window over a real project: versions, the comparison, and what is brought back.
#include "tests/ui/window_fixture.h"
#include "ui/history/diff_page.h"
#include "ui/history/history_commands.h"

#include <QLineEdit>
#include <QListWidget>
#include <QRadioButton>
#include <QTextTable>

namespace palimpsest::test {
namespace {

struct Rig : WindowFixture {
    bool start() {
        if (!ready()) return false;
        commands = window->findChild<HistoryCommands*>();
        // Something to bring back: what was there before a replacement.
        apply({{},
               {EditText{scene, typed(kParagraphs),
                         typed({"She did not answer him at all.", kParagraphs[1], "New.", kParagraphs[2]})}}});
        commands->openHistory(scene);
        return wait([&] { return dialog().list().count() == 1 && dialog().page().currentRow() >= 0; });
    }
    template<class Condition>
    static bool wait(Condition condition) {
        return QTest::qWaitFor(condition, 10'000);
    }
    void apply(ProjectChange change) {
        bool done = false;
        project->apply(std::move(change), project.get(), [&](const Result<std::vector<NodeId>>&) { done = true; });
        wait([&] { return done; });
    }
    HistoryDialog& dialog() { return *commands->dialog(); }
    QPushButton* button(const char* name) {
        for (QPushButton* each : dialog().findChildren<QPushButton*>())
            if (each->accessibleName() == QString::fromUtf8(name)) return each;
        qFatal("no button %s", name);
    }
    QString pageText() { return editor().toPlainText(); }
    HistoryCommands* commands = nullptr;
};

} // namespace

class HistoryTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void theVersionStandsBesideTheTextWithItsChangesMarked() {
        Rig rig;
        QVERIFY(rig.start());
        QVERIFY(rig.dialog().list().item(0)->text().contains("Before"));
        DiffPage& page = rig.dialog().page();
        QCOMPARE(page.currentRow(), 0);
        QTextTable* table = page.textCursor().currentTable();
        QCOMPARE(table->cellAt(1, 1).firstCursorPosition().block().text(), QStringLiteral("\u2260"));
        QTextCursor word = table->cellAt(1, 0).lastCursorPosition(); // "… at once."
        word.movePosition(QTextCursor::PreviousCharacter, QTextCursor::MoveAnchor, 2);
        QVERIFY(word.charFormat().fontStrikeOut());
        QVERIFY(word.charFormat().background().color() != QColor());
        QCOMPARE(page.textCursor().block().text(), QStringLiteral("She did not answer him at all."));
    }

    void changesAreReachedByTheKeyboard() {
        Rig rig;
        QVERIFY(rig.start());
        QTest::keyClick(&rig.dialog(), Qt::Key_Down, Qt::AltModifier);
        QCOMPARE(rig.dialog().page().currentRow(), 2);
        QTest::keyClick(&rig.dialog(), Qt::Key_Down, Qt::AltModifier);
        QCOMPARE(rig.dialog().page().currentRow(), 0); // round
        QTest::keyClick(&rig.dialog(), Qt::Key_Up, Qt::AltModifier);
        QCOMPARE(rig.dialog().page().currentRow(), 2);
    }

    void oneParagraphIsBroughtBackAndTakenBackAgain() {
        Rig rig;
        QVERIFY(rig.start());
        rig.button("Restore paragraph")->click();
        QVERIFY(Rig::wait([&] { return rig.pageText().startsWith(kParagraphs[0]); }));
        QVERIFY(rig.pageText().contains("New."));
        QVERIFY(Rig::wait([&] { return rig.button("Undo")->isEnabled(); }));
        rig.button("Undo")->click();
        QVERIFY(Rig::wait([&] { return rig.pageText().startsWith("She did not answer him at all."); }));
    }

    void theWholeTextIsBroughtBackAndWhatItWasIsKept() {
        Rig rig;
        QVERIFY(rig.start());
        rig.button("Restore all of it")->click();
        QVERIFY(Rig::wait([&] { return rig.pageText() == kParagraphs.join('\n'); }));
        QVERIFY(Rig::wait([&] { return rig.dialog().list().count() == 2; }));
        QVERIFY(rig.dialog().list().item(0)->text().contains("Before restoring"));
    }

    void whatIsTypedGoesIntoTheComparison() {
        Rig rig;
        QVERIFY(rig.start());
        rig.caretTo(0);
        QTest::keyClicks(&rig.editor(), "Well. ");
        QVERIFY(Rig::wait(
            [&] { return rig.dialog().page().toPlainText().contains("Well. She did not answer him at all."); }));
    }

    void aSnapshotOfTheProjectIsTakenUnderANameAndBroughtBack() {
        Rig rig;
        QVERIFY(rig.start());
        rig.commands->takeSnapshot();
        auto* ask = rig.window->findChild<SnapshotDialog*>();
        ask->findChild<QLineEdit*>()->setText("Second draft");
        const auto radios = ask->findChildren<QRadioButton*>();
        radios[1]->setChecked(true);
        QTest::keyClick(ask->findChild<QLineEdit*>(), Qt::Key_Return);
        QVERIFY(Rig::wait([&] { return rig.dialog().list().count() == 2; }));
        QVERIFY(rig.dialog().list().item(0)->text().contains("Second draft"));
        rig.project->apply(
            {QStringLiteral("Rename"), {EditNode{rig.other, QStringLiteral("Renamed"), {}, {}, {}, {}, {}, {}}}});
        rig.dialog().list().setCurrentRow(0);
        QVERIFY(Rig::wait([&] { return rig.button("Restore whole project")->isVisible(); }));
        rig.button("Restore whole project")->click();
        QVERIFY(Rig::wait([&] { return rig.project->node(rig.other)->title == "Other"; }));
    }

    void aSceneWithoutVersionsSaysWhenOneIsKept() {
        Rig rig;
        QVERIFY(rig.start());
        rig.commands->openHistory(rig.other);
        QVERIFY(Rig::wait([&] { return rig.dialog().page().toPlainText().startsWith("There is no earlier version"); }));
        QVERIFY(!rig.button("Restore all of it")->isEnabled());
    }

    void everyControlHasANameForScreenReaders() {
        Rig rig;
        QVERIFY(rig.start());
        for (QPushButton* each : rig.dialog().findChildren<QPushButton*>()) QVERIFY(!each->accessibleName().isEmpty());
        QVERIFY(!rig.dialog().list().accessibleName().isEmpty() && !rig.dialog().page().accessibleName().isEmpty());
    }
};

} // namespace palimpsest::test

QTEST_MAIN(palimpsest::test::HistoryTest)
#include "history_test.moc"
