// What a screen reader is told: of a passage while it forms, of drafts, rows and bars; and that whatever takes the keyboard
// says what it is.
#include "tests/ui/window_fixture.h"
#include "ui/annotations/annotation_commands.h"
#include "ui/drafting/draft_comparison.h"
#include "ui/drafting/provenance_report.h"
#include "ui/history/history_commands.h"
#include "ui/outline/markers_dialog.h"
#include "ui/search/project_search.h"
#include "ui/settings/settings_dialog.h"
#include "ui/settings/shortcuts_dialog.h"
#include "ui/widgets/budget_bar.h"
#include "ui/widgets/draft_card.h"
#include "ui/widgets/track_slider.h"

#include <QAccessible>
#include <QComboBox>
#include <QMenuBar>
#include <QTreeWidget>

namespace palimpsest::test {
namespace {

QAccessibleInterface& voiceOf(QObject& object) {
    QAccessibleInterface* voice = QAccessible::queryAccessibleInterface(&object);
    if (!voice) qFatal("%s has no voice", object.metaObject()->className());
    return *voice;
}

QString descriptionOf(QObject& object) {
    return voiceOf(object).text(QAccessible::Description);
}

// Those of the widgets a Tab can reach that do not say what they are.
QStringList mute(const QWidget& window) {
    QStringList found;
    for (QWidget* widget : window.findChildren<QWidget*>()) {
        if (!widget->isVisibleTo(&window) || !(widget->focusPolicy() & Qt::TabFocus) ||
            widget->objectName().startsWith("qt_"))
            continue;
        QAccessibleInterface& voice = voiceOf(*widget);
        if (voice.text(QAccessible::Name).isEmpty() || voice.role() == QAccessible::NoRole ||
            voice.role() == QAccessible::Client)
            found << QString("%1 “%2”").arg(widget->metaObject()->className(), voice.text(QAccessible::Name));
    }
    return found;
}

} // namespace

class VoiceTest : public QObject {
    Q_OBJECT

    static void speaks(const QWidget& window) {
        const QStringList found = mute(window);
        QVERIFY2(found.isEmpty(), qPrintable(found.join('\n')));
    }

    static void chooseDrafts(WindowFixture& f, int count) {
        for (QSlider* slider : f.window->panel().findChildren<QSlider*>())
            if (slider->accessibleName() == "Drafts") slider->setValue(count);
    }

private Q_SLOTS:
    void aPassageIsToldOfWhenItBeginsAndWhenItIsThereAndNotAtEveryPass() {
        WindowFixture f({"--steps", "12", "--delay-ms", "20"});
        QVERIFY(f.ready());
        f.window->drafting().start(DraftKind::Continue);
        QTRY_VERIFY(f.passage());
        PassageView& view = f.passage()->view();
        QVERIFY(voiceOf(view).state().busy);
        QStringList said{descriptionOf(view)}; // a description that is another one is told
        connect(&f.passage()->session(), &DraftSession::changed, &view, [&] {
            if (descriptionOf(view) != said.back()) said << descriptionOf(view);
        });
        QVERIFY(f.waitForRest());
        QVERIFY(f.passage()->session().stepCount() > 3);
        QTRY_COMPARE(said.size(), 2);
        QCOMPARE(said.front(), QString("The passage is forming."));
        QVERIFY2(said.back().contains("The water had been so still"), qPrintable(said.back()));
        QVERIFY(!voiceOf(view).state().busy);
        QCOMPARE(voiceOf(view).role(), QAccessible::Paragraph);
    }

    void theWordTheKeyboardIsAtIsSaid() {
        WindowFixture f;
        QVERIFY(f.ready());
        f.window->drafting().start(DraftKind::Continue);
        QVERIFY(f.waitForRest());
        QTRY_VERIFY(descriptionOf(f.passage()->view()).startsWith("The passage: "));
        f.passage()->focus();
        QTRY_VERIFY(f.passage()->view().hasFocus());
        QTest::keyClick(&f.passage()->view(), Qt::Key_Right);
        QVERIFY2(descriptionOf(f.passage()->view()).startsWith("Word 2 of "),
                 qPrintable(descriptionOf(f.passage()->view())));
        QTest::keyClick(&f.passage()->view(), Qt::Key_Space);
        QTRY_VERIFY(descriptionOf(f.passage()->view()).contains("water, locked"));
    }

    void aCardSaysWhichDraftItIsAndWhetherItIsTheOneOnThePage() {
        WindowFixture f;
        QVERIFY(f.ready());
        chooseDrafts(f, 3);
        f.window->drafting().start(DraftKind::Continue);
        QVERIFY(f.waitForRest());
        const auto cards = f.window->panel().findChildren<DraftCard*>();
        QTRY_COMPARE(f.window->panel().findChildren<DraftCard*>().size(), 3);
        QCOMPARE(voiceOf(*cards[1]).role(), QAccessible::RadioButton);
        QVERIFY(voiceOf(*cards[1]).text(QAccessible::Name).startsWith("Draft, draft 2"));
        QVERIFY(descriptionOf(*cards[1]).startsWith("The 1 water"));
        QVERIFY(voiceOf(*cards[0]).state().checked && !voiceOf(*cards[1]).state().checked);
        cards[0]->setFocus();
        QTest::keyClick(cards[0], Qt::Key_Down); // the arrow keys go through them, as through any choice of one
        QTRY_COMPARE(f.passage()->session().candidate(), 1);
        QVERIFY(!voiceOf(*cards[0]).state().checked && voiceOf(*cards[1]).state().checked);
    }

    void theBudgetBarAndTheSlidersSayTheirFigures() {
        WindowFixture f;
        QVERIFY(f.ready());
        auto* budget = f.window->panel().findChild<BudgetBar*>();
        QTRY_COMPARE(voiceOf(*budget).text(QAccessible::Value),
                     QString("10 tokens of notes, 20 before, 30 after, of 100"));
        QCOMPARE(voiceOf(*budget).role(), QAccessible::Chart);
        auto* slider = f.window->panel().findChild<TrackSlider*>();
        QCOMPARE(voiceOf(*slider).role(), QAccessible::Slider);
        for (TrackSlider* each : f.window->panel().findChildren<TrackSlider*>())
            QVERIFY(!descriptionOf(*each).isEmpty() && voiceOf(*each).valueInterface());
    }

    void tabGoesDownThePanelThroughNotesAndDraftsThatCame() {
        WindowFixture f;
        QVERIFY(f.ready());
        f.window->resize(1300, 900);
        chooseDrafts(f, 1);
        f.window->drafting().start(DraftKind::Continue);
        QVERIFY(f.waitForRest());
        f.window->drafting().start(DraftKind::Continue); // the one before is kept
        QVERIFY(f.waitForRest());
        DraftingPanel& panel = f.window->panel();
        const auto shown = [&panel] {
            const auto drafts = panel.findChildren<DraftCard*>();
            return std::count_if(drafts.begin(), drafts.end(), [](auto* card) { return card->isVisible(); });
        };
        QTRY_COMPARE(shown(), 2);
        panel.findChild<QComboBox*>()->setFocus();
        int last = -1, cards = 0, notes = 0;
        for (QWidget* at = QApplication::focusWidget(); at && panel.isAncestorOf(at);
             at = QApplication::focusWidget()) {
            const int y = at->mapTo(panel.widget(), QPoint()).y();
            QVERIFY2(y >= last - 4, qPrintable(at->accessibleName())); // beside each other: not to the pixel
            last = y;
            cards += at->inherits("palimpsest::DraftCard");
            notes += at->objectName() == "contextNote";
            QTest::keyClick(at, Qt::Key_Tab);
        }
        QVERIFY2(cards == 2 && notes == 1, qPrintable(QString("%1 %2").arg(cards).arg(notes)));
    }

    void aRowOfTheBinderSaysTitleWordsAndPin() {
        WindowFixture f;
        QVERIFY(f.ready());
        QAccessibleInterface& tree = voiceOf(*f.window->binder().tree());
        QCOMPARE(tree.role(), QAccessible::Tree);
        QStringList rows;
        for (int i = 0; i < tree.childCount(); ++i) rows << tree.child(i)->text(QAccessible::Name);
        QVERIFY2(rows.contains("Second buoy, 25 words"), qPrintable(rows.join('|')));
        QVERIFY2(rows.contains("@Marta, pinned"), qPrintable(rows.join('|')));
    }

    void aCommentSaysWhatItIsAboutAndWhatItSays() {
        WindowFixture f;
        QVERIFY(f.ready());
        f.window->resize(1440, 900);
        f.select(0, 3);
        setCarried(f.editor().textCursor(), Carried::Comment, "Who?");
        QTRY_VERIFY(!f.window->annotations().margin().cards().empty());
        MarginCard& card = *f.window->annotations().margin().cards().front();
        QCOMPARE(voiceOf(card).text(QAccessible::Name), QString("Comment on “She”"));
        QCOMPARE(voiceOf(card.body()).text(QAccessible::Name), QString("Comment on “She”"));
        QCOMPARE(voiceOf(card.body()).text(QAccessible::Value), QString("Who?"));
        speaks(card);
    }

    void whateverTakesTheKeyboardInTheWindowSaysWhatItIs() {
        WindowFixture f;
        QVERIFY(f.ready());
        f.window->search().open(true, "bell");
        f.window->drafting().start(DraftKind::Continue);
        QVERIFY(f.waitForRest());
        f.window->bar().offer("Something.", "Undo", [] {});
        speaks(*f.window);
    }

    void whateverTakesTheKeyboardInADialogSaysWhatItIs() {
        WindowFixture f;
        QVERIFY(f.ready());
        f.window->drafting().start(DraftKind::Continue);
        QVERIFY(f.waitForRest());
        Commands commands(*f.window->menuBar());
        auto* history = f.window->findChild<HistoryCommands*>();
        history->openHistory(f.scene);
        speaks(*history->dialog());
        history->dialog()->close();
        speaks(*new ProvenanceReportDialog(*f.project, f.window.get()));
        speaks(*new DraftComparison(*f.theme, f.passage()->session(), f.window.get()));
        speaks(MarkersDialog(*f.project, nullptr));
        speaks(ShortcutsDialog(commands, nullptr));
        speaks(SettingsDialog(*f.theme, f.window->writing(), f.window->language(), f.window->spelling(), nullptr));
    }
};

} // namespace palimpsest::test

QTEST_MAIN(palimpsest::test::VoiceTest)
#include "voice_test.moc"
