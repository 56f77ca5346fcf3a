// Misspelt words on the page: their lines, their menu, the way to the next, and the project's own words.
#include "tests/support/dictionary_folder.h"
#include "tests/ui/window_fixture.h"
#include "ui/editor/scene_spelling.h"
#include "ui/settings/project_language.h"

#include <QAction>
#include <QMenu>

namespace palimpsest::test {

class SceneSpellingTest : public QObject {
    Q_OBJECT
    DictionaryFolder m_dictionaries;
    std::unique_ptr<WindowFixture> m_rig;

    SceneEditor& editor() { return m_rig->editor(); }
    SceneSpelling& misspelt() { return m_rig->window->misspelt(); }
    QString selected() { return editor().textCursor().selectedText(); }
    int find(const QString& word) { return int(m_rig->text().indexOf(word)); }
    void setSpelling(bool on, const QString& language = "en_US") {
        WritingChoices choices;
        choices.spelling = on;
        m_rig->window->writing().choose(choices);
        m_rig->window->language().choose(language);
    }
    int linesPainted() {
        // Reddish: nothing else on the light page is.
        const QImage image = editor().viewport()->grab().toImage();
        int pixels = 0;
        for (int y = 0; y < image.height(); ++y)
            for (int x = 0; x < image.width(); ++x) {
                const QColor c = image.pixelColor(x, y);
                pixels += c.red() - c.green() > 50 && std::abs(c.green() - c.blue()) < 30;
            }
        return pixels;
    }
    bool waitForLines() {
        return QTest::qWaitFor([this] { return linesPainted() > 10; });
    }
    QMenu* menuAt(const QString& word) {
        m_rig->caretTo(find(word) + 1);
        misspelt().openMenu();
        QMenu* menu = nullptr;
        for (QMenu* each : editor().findChildren<QMenu*>())
            if (each->isVisible()) menu = each;
        return menu;
    }
    static QAction* action(QMenu& menu, const QString& text) {
        QAction* found = nullptr;
        (void)QTest::qWaitFor([&] {
            for (QAction* each : menu.actions())
                if (each->text().startsWith(text)) found = each;
            return found != nullptr;
        });
        return found;
    }

private Q_SLOTS:
    void initTestCase() { qputenv("DICPATH", m_dictionaries.path().toUtf8()); }
    void init() {
        m_rig = std::make_unique<WindowFixture>();
        m_rig->theme->choose(Theme::Choice::Light);
        setSpelling(true);
        QVERIFY(m_rig->ready());
        fillDocument(*editor().document(),
                     typed({"She did not answer him at once.", "The bell ragn at once.", "A bouy."}));
        m_rig->caretTo(0);
        editor().setFocus();
        QVERIFY(QTest::qWaitFor([this] { return m_rig->window->spelling().isReady(); }));
    }
    void cleanup() { m_rig.reset(); }

    void misspeltWordsAreUnderlinedAndTheDocumentIsNotTouched() {
        QVERIFY(waitForLines());
        QVERIFY(!editor().document()->isUndoAvailable() && !editor().document()->isModified());
        setSpelling(false);
        QVERIFY(QTest::qWaitFor([this] { return linesPainted() == 0; }));
    }

    void theWordBeingTypedIsNotJudgedBeforeTheCaretLeavesIt() {
        fillDocument(*editor().document(), typed({"She did not."}));
        editor().moveCursor(QTextCursor::End);
        QTest::keyClicks(&editor(), " bouy");
        QTest::qWait(60);
        QCOMPARE(linesPainted(), 0);
        QTest::keyClicks(&editor(), " ");
        QVERIFY(waitForLines());
    }

    void anEditedParagraphKeepsItsOtherLinesUntilItIsCheckedAgain() {
        QVERIFY(waitForLines());
        const int before = linesPainted();
        m_rig->caretTo(find("The bell"));
        QTest::keyClicks(&editor(), "a "); // no event was handled since: no answer can have come
        QVERIFY(linesPainted() >= before * 8 / 10);
    }

    void f7GoesFromOneToTheNextAndRoundTheEnd() {
        QTest::keyClick(&editor(), Qt::Key_F7);
        QVERIFY(QTest::qWaitFor([this] { return selected() == "ragn"; }));
        QTest::keyClick(&editor(), Qt::Key_F7);
        QVERIFY(QTest::qWaitFor([this] { return selected() == "bouy"; }));
        QTest::keyClick(&editor(), Qt::Key_F7);
        QVERIFY(QTest::qWaitFor([this] { return selected() == "ragn"; }));
    }

    void f7SaysWhenThereIsNone() {
        fillDocument(*editor().document(), typed({"She did not.", "At once."}));
        QTest::keyClick(&editor(), Qt::Key_F7);
        QVERIFY(QTest::qWaitFor([this] { return m_rig->window->bar().sentence().contains("No misspelt word"); }));
    }

    void aSuggestionTakesThePlaceOfTheWordInOneStep() {
        QVERIFY(waitForLines());
        QMenu* menu = menuAt("bouy");
        QVERIFY(menu);
        QAction* suggestion = action(*menu, "buoy");
        QVERIFY(suggestion);
        suggestion->trigger();
        QVERIFY(m_rig->text().endsWith("A buoy."));
        menu->close();
        editor().undoEdit();
        QVERIFY(m_rig->text().endsWith("A bouy."));
        QVERIFY(!editor().document()->isUndoAvailable());
    }

    void aWordAddedToTheProjectIsRightFromThenOn() {
        QVERIFY(waitForLines());
        QMenu* menu = menuAt("bouy");
        QVERIFY(menu);
        action(*menu, "Add")->trigger();
        menu->close();
        QVERIFY(QTest::qWaitFor([this] { return linesPainted() > 0 && !misspelt().isMisspelt(find("bouy") + 1); }));
        QVERIFY(misspelt().isMisspelt(find("ragn") + 1));
        m_rig->window.reset(); // and in the file
        m_rig->project.reset();
        const auto opened = ProjectStore::open(m_rig->path);
        QCOMPARE(opened.store->settings()->value("spelling_words"), QString("bouy"));
    }

    void whoHasANoteIsSpeltRight() {
        fillDocument(*editor().document(), typed({"Marta rang the bell at once.", "Anders rang."}));
        QTest::keyClick(&editor(), Qt::Key_F7);
        QVERIFY(QTest::qWaitFor([this] { return selected() == "Anders"; }));
    }

    void aMissingDictionaryIsSaidOnceAskedFor() {
        setSpelling(true, "fr_FR");
        QVERIFY(QTest::qWaitFor([this] { return !m_rig->window->spelling().problem().isEmpty(); }));
        QVERIFY(m_rig->window->bar().sentence().isEmpty());
        QTest::keyClick(&editor(), Qt::Key_F7);
        QVERIFY(m_rig->window->bar().sentence().contains("hunspell-fr"));
    }
};

} // namespace palimpsest::test

QTEST_MAIN(palimpsest::test::SceneSpellingTest)
#include "scene_spelling_test.moc"
