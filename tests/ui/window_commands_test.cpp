// The palette, and the writer's own shortcuts.
#include "tests/ui/window_fixture.h"
#include "ui/palette/command_palette.h"
#include "ui/palette/fuzzy.h"
#include "ui/settings/app_settings.h"
#include "ui/settings/shortcuts_dialog.h"

#include <QKeySequenceEdit>
#include <QLabel>
#include <QLineEdit>
#include <QListWidget>
#include <QMenuBar>
#include <QTreeWidget>

namespace palimpsest::test {

class CommandsTest : public QObject {
    Q_OBJECT
    std::unique_ptr<WindowFixture> m_rig;
    Commands* m_commands = nullptr; // the window's

    Command command(const QString& name) {
        for (const Command& each : m_commands->all())
            if (each.name == name) return each;
        qFatal("no command %s", qPrintable(name));
    }
    CommandPalette* openPalette() {
        QTest::keyClick(m_rig->window.get(), Qt::Key_P, Qt::ControlModifier | Qt::ShiftModifier);
        auto* palette = m_rig->window->findChild<CommandPalette*>();
        return palette && palette->isVisible() ? palette : nullptr;
    }
    static int score(const char* typed, const char* name) {
        return fuzzyScore(QString::fromUtf8(typed), QString::fromUtf8(name));
    }
    static QString first(CommandPalette& palette) {
        const QListWidgetItem* item = palette.findChild<QListWidget*>()->item(0);
        return item ? item->text() : QString();
    }

private Q_SLOTS:
    void init() {
        m_rig = std::make_unique<WindowFixture>();
        QVERIFY(m_rig->ready());
        m_commands = &m_rig->window->commands();
        m_commands->setAllUsualKeys();
    }
    void cleanup() { m_rig.reset(); }

    void lettersAreFoundInOrderAndBestAtTheBeginningsOfWords() {
        QVERIFY(score("", "anything") > 0);
        QVERIFY(score("fnx", "Find next") > 0);
        QCOMPARE(score("xnf", "Find next"), 0);
        QCOMPARE(score("a", ""), 0);
        QVERIFY(score("fn", "Find next") > score("fn", "Fountain"));
        QVERIFY(score("find", "Find next") > score("find", "Of indigo dye"));
        QVERIFY(score("buoy", "Second buoy") > score("buoy", "About our study"));
        QVERIFY(score("ВТ", "второй буй") > 0);
    }

    void thePaletteRunsACommand() {
        CommandPalette* palette = openPalette();
        QVERIFY(palette);
        auto* field = palette->findChild<QLineEdit*>();
        QTest::keyClicks(field, "typewr");
        QCOMPARE(first(*palette), QString("Typewriter scrolling"));
        QTest::keyClick(field, Qt::Key_Return);
        QVERIFY(!palette->isVisible());
        QVERIFY(command("Typewriter scrolling").action->isChecked());
        command("Typewriter scrolling").action->trigger();
    }

    void noRowOfThePaletteIsCutInTwo() {
        const CommandPalette* palette = openPalette();
        QVERIFY(palette);
        const auto* list = palette->findChild<QListWidget*>();
        QVERIFY(list->count() > 5);
        const int row = list->visualItemRect(list->item(0)).height();
        QCOMPARE(list->viewport()->height() % row, 0);
        QVERIFY(list->viewport()->height() / row > 5);
        QVERIFY(palette->height() < m_rig->window->height());
    }

    void thePaletteGoesToASceneAndNotToWhatIsInTheTrash() {
        m_rig->project->setTrashed(m_rig->note, true);
        CommandPalette* palette = openPalette();
        QVERIFY(palette);
        auto* field = palette->findChild<QLineEdit*>();
        QTest::keyClicks(field, "marta");
        QVERIFY(!first(*palette).contains("Marta"));
        field->clear();
        QTest::keyClicks(field, "other");
        QTest::keyClick(field, Qt::Key_Return);
        QVERIFY(QTest::qWaitFor([&] { return m_rig->window->shownNode() == m_rig->other; }));
    }

    void thePaletteIsWalkedWithTheArrowsAndLeftWithEscape() {
        CommandPalette* palette = openPalette();
        QVERIFY(palette);
        auto* field = palette->findChild<QLineEdit*>();
        auto* list = palette->findChild<QListWidget*>();
        QTest::keyClick(field, Qt::Key_Down);
        QTest::keyClick(field, Qt::Key_Down);
        QCOMPARE(list->currentRow(), 2);
        QTest::keyClick(field, Qt::Key_Up);
        QCOMPARE(list->currentRow(), 1);
        QTest::keyClick(palette, Qt::Key_Escape);
        QVERIFY(!palette->isVisible());
    }

    void whatCannotBeDoneNowIsNotInThePalette() {
        CommandPalette* palette = openPalette();
        QVERIFY(palette);
        QTest::keyClicks(palette->findChild<QLineEdit*>(), "accept");
        QVERIFY(first(*palette) != "Accept");
        palette->reject();
    }

    void everyCommandOfTheMenusHasAnIdOfItsOwn() {
        static const QRegularExpression words("^[a-z][a-z_]*(_[0-9])?$");
        QSet<QString> ids;
        for (const Command& each : m_commands->all()) {
            QVERIFY2(words.match(each.id).hasMatch(), qPrintable(each.name + ": " + each.id));
            QVERIFY2(!ids.contains(each.id), qPrintable(each.id));
            ids << each.id;
        }
        QVERIFY(ids.size() > 50);
    }

    void noShortcutIsGivenTwice() {
        QMap<QString, QString> taken;
        for (QAction* action : m_rig->window->findChildren<QAction*>()) {
            const QString keys = action->shortcut().toString();
            if (keys.isEmpty()) continue;
            QVERIFY2(!taken.contains(keys), qPrintable(keys + ": " + taken.value(keys) + " and " + action->text()));
            taken[keys] = action->text();
        }
        QVERIFY(taken.size() > 30);
    }

    void newKeysWorkAtOnceAndInTheNextRun() {
        m_commands->setKeys(command("Typewriter scrolling"), QKeySequence("Ctrl+Alt+Y"));
        m_rig->editor().setFocus();
        QTest::keyClick(&m_rig->editor(), Qt::Key_Y, Qt::ControlModifier | Qt::AltModifier);
        QVERIFY(command("Typewriter scrolling").action->isChecked());
        command("Typewriter scrolling").action->trigger();
        m_rig = std::make_unique<WindowFixture>();
        m_commands = &m_rig->window->commands();
        QCOMPARE(command("Typewriter scrolling").action->shortcut(), QKeySequence("Ctrl+Alt+Y"));
    }

    void keysOfAnotherCommandAreTakenOverAndComeBack() {
        const Command find = command("Find next"), typewriter = command("Typewriter scrolling");
        QCOMPARE(m_commands->ownerOf(QKeySequence("F3"), typewriter), QString("Find next"));
        QVERIFY(m_commands->ownerOf(QKeySequence("F3"), find).isEmpty());
        m_commands->setKeys(typewriter, QKeySequence("F3"));
        QVERIFY(find.action->shortcut().isEmpty());
        m_commands->setUsualKeys(find);
        QCOMPARE(find.action->shortcut(), QKeySequence("F3"));
        QVERIFY(typewriter.action->shortcut().isEmpty());
        m_commands->setAllUsualKeys();
        QCOMPARE(typewriter.action->shortcut(), QKeySequence("F8"));
        QVERIFY(m_commands->hasUsualKeys(typewriter));
    }

    void theDialogSaysAClashBeforeItIsMade() {
        ShortcutsDialog dialog(*m_commands, nullptr);
        dialog.show();
        auto* tree = dialog.findChild<QTreeWidget*>();
        tree->setCurrentItem(tree->findItems("Typewriter scrolling", Qt::MatchExactly).value(0));
        auto* keys = dialog.findChild<QKeySequenceEdit*>();
        keys->setKeySequence(QKeySequence("F7"));
        bool said = false;
        for (const QLabel* label : dialog.findChildren<QLabel*>())
            said = said || label->text().contains("Next misspelt");
        QVERIFY(said);
        QCOMPARE(command("Next misspelt word").action->shortcut(), QKeySequence("F7"));
        for (QPushButton* button : dialog.findChildren<QPushButton*>())
            if (button->text() == "Use these keys") button->click();
        QCOMPARE(command("Typewriter scrolling").action->shortcut(), QKeySequence("F7"));
        QVERIFY(command("Next misspelt word").action->shortcut().isEmpty());
        m_commands->setAllUsualKeys();
    }
};

} // namespace palimpsest::test

QTEST_MAIN(palimpsest::test::CommandsTest)
#include "window_commands_test.moc"
