// The window in a made-up language, two fifths longer than English: everything a writer reads goes through tr() and has
// room. And the English plurals that ship.
#include "tests/ui/window_fixture.h"
#include "ui/drafting/draft_comparison.h"
#include "ui/drafting/provenance_report.h"
#include "ui/drafting/surprise_map.h"
#include "ui/editor/find_bar.h"
#include "ui/editor/split_page.h"
#include "ui/history/history_commands.h"
#include "ui/outline/markers_dialog.h"
#include "ui/search/project_search.h"
#include "ui/settings/settings_dialog.h"
#include "ui/settings/shortcuts_dialog.h"
#include "ui/settings/translations.h"

#include <QAbstractButton>
#include <QAction>
#include <QComboBox>
#include <QHeaderView>
#include <QLabel>
#include <QLineEdit>
#include <QMenuBar>
#include <QRegularExpression>
#include <QTranslator>
#include <QTreeWidget>
#include <algorithm>

namespace palimpsest::test {
namespace {

const QChar kMark = u'\u27E6';

bool isUntranslated(const QString& text) {
    const auto letters = std::count_if(text.begin(), text.end(), [](QChar c) { return c.isLetter(); });
    // What the project holds and what names ourselves is no text of the window's.
    static const QStringList data{
        "Book",   "Book — Second buoy", "book",       "Second buoy", "Other",
        "@Marta", "Palimpsest",         "fake-model", "cpu",         "This is an engine for tests."};
    return letters > 1 && !text.contains(kMark) && !data.contains(text);
}

QStringList textsOf(const QWidget& widget) {
    QStringList texts{widget.toolTip(), widget.accessibleName(), widget.isWindow() ? widget.windowTitle() : QString()};
    if (const auto* label = qobject_cast<const QLabel*>(&widget)) texts << label->text();
    if (const auto* button = qobject_cast<const QAbstractButton*>(&widget)) texts << button->text();
    if (const auto* field = qobject_cast<const QLineEdit*>(&widget)) texts << field->placeholderText();
    const auto* box = qobject_cast<const QComboBox*>(&widget);
    // Fonts and languages of the system, statuses and labels of the project.
    const auto isCalled = [box](const char* name) { return box->accessibleName().contains(QLatin1String(name)); };
    const bool ofData = box && (isCalled("Font") || isCalled("Language") || isCalled("Status") || isCalled("Label"));
    for (int i = 0; box && !ofData && i < box->count(); ++i) texts << box->itemText(i);
    return texts;
}

QStringList untranslatedIn(const QWidget& window) {
    QStringList found;
    QList<QWidget*> widgets = window.findChildren<QWidget*>();
    widgets << const_cast<QWidget*>(&window);
    for (const QWidget* widget : widgets) {
        if (widget->objectName().startsWith("qt_") || widget->inherits("palimpsest::DraftCard")) continue;
        for (const QString& text : textsOf(*widget))
            if (isUntranslated(text)) found << QString("%1: %2").arg(widget->metaObject()->className(), text);
    }
    for (const QAction* action : window.findChildren<QAction*>())
        if (isUntranslated(action->text()) && !action->objectName().startsWith("_q"))
            found << "QAction: " + action->text();
    return found;
}

QStringList cutOffIn(const QWidget& window) {
    QStringList found;
    for (const QWidget* widget : window.findChildren<QWidget*>()) {
        if (!widget->isVisible()) continue;
        const auto* label = qobject_cast<const QLabel*>(widget);
        const auto* button = qobject_cast<const QAbstractButton*>(widget);
        const QString text = label && !label->wordWrap() ? label->text() : button ? button->text() : QString();
        // Somebody's own words may be cut off with an ellipsis: they are in the tip. What is scrolled away is not there.
        const bool yields = widget->inherits("palimpsest::LineLabel") && !widget->inherits("palimpsest::SectionTitle");
        const bool yieldsToo = widget->inherits("palimpsest::DraftCard") || widget->objectName() == "contextNote";
        if (text.isEmpty() || yields || yieldsToo || widget->visibleRegion().isEmpty()) continue;
        const int seen = widget->visibleRegion().boundingRect().width();
        if (widget->sizeHint().width() > seen + 1)
            found << QString("%1 of %2 pixels wants %3: %4")
                         .arg(widget->metaObject()->className())
                         .arg(seen)
                         .arg(widget->sizeHint().width())
                         .arg(text);
    }
    return found;
}

} // namespace

class TranslationTest : public QObject {
    Q_OBJECT
    QTranslator m_pseudo;
    std::unique_ptr<WindowFixture> m_rig;

    void check(const QWidget& window) {
        const QStringList untranslated = untranslatedIn(window), cutOff = cutOffIn(window);
        QVERIFY2(untranslated.isEmpty(), qPrintable("not through tr():\n" + untranslated.join('\n')));
        QVERIFY2(cutOff.isEmpty(), qPrintable("cut off:\n" + cutOff.join('\n')));
    }

private Q_SLOTS:
    void init() {
        QVERIFY(m_pseudo.load(QStringLiteral(PSEUDO_QM)));
        QVERIFY(QCoreApplication::installTranslator(&m_pseudo));
        m_rig = std::make_unique<WindowFixture>();
        QVERIFY(m_rig->ready());
        m_rig->window->resize(1440, 900);
    }
    void cleanup() {
        m_rig.reset();
        QCoreApplication::removeTranslator(&m_pseudo);
    }

    void theWindowAndItsMenus() {
        QTest::qWait(400); // the status bar
        check(*m_rig->window);
    }

    void aPassageAndTheFindBar() {
        m_rig->window->findBar().open(true);
        m_rig->window->drafting().start(DraftKind::Continue);
        QVERIFY(m_rig->waitForRest());
        check(*m_rig->window);
    }

    void theSettings() {
        MainWindow& window = *m_rig->window;
        SettingsDialog dialog(*m_rig->theme, window.writing(), window.language(), window.spelling(), nullptr);
        dialog.show();
        QVERIFY(QTest::qWaitForWindowExposed(&dialog));
        check(dialog);
    }

    void theShortcuts() {
        Commands commands(*m_rig->window->menuBar());
        ShortcutsDialog dialog(commands, nullptr);
        dialog.show();
        QVERIFY(QTest::qWaitForWindowExposed(&dialog));
        check(dialog);
    }

    void theSearchOfTheProjectAndTheMarksOfSurprise() {
        m_rig->window->search().open(true, "bell");
        QTRY_VERIFY(!m_rig->window->search().isSearching());
        m_rig->window->surprises().ask();
        QTRY_VERIFY(!m_rig->window->surprises().isAsking());
        check(*m_rig->window);
    }

    void twoHalvesInAWindowOfUsualWidth() {
        QTest::keyClick(m_rig->window.get(), Qt::Key_Backslash, Qt::ControlModifier);
        QTRY_VERIFY(m_rig->window->halves().other());
        m_rig->window->surprises().ask();
        QTRY_VERIFY(!m_rig->window->surprises().isAsking());
        QTest::qWait(50);
        QCOMPARE(m_rig->window->width(), 1440);
        check(*m_rig->window);
    }

    void theHistoryAndWhatIsKeptInIt() {
        auto* history = m_rig->window->findChild<HistoryCommands*>();
        history->openHistory(m_rig->scene);
        QVERIFY(QTest::qWaitForWindowExposed(history->dialog()));
        check(*history->dialog());
        history->dialog()->close();
    }

    void theDraftsSideBySideAndTheReport() {
        m_rig->window->drafting().start(DraftKind::Continue);
        QVERIFY(m_rig->waitForRest());
        auto* drafts = new DraftComparison(*m_rig->theme, m_rig->passage()->session(), m_rig->window.get());
        drafts->show();
        QVERIFY(QTest::qWaitForWindowExposed(drafts));
        check(*drafts);
        auto* report = new ProvenanceReportDialog(*m_rig->project, m_rig->window.get());
        report->show();
        QTRY_VERIFY(!report->summary().isEmpty());
        QTest::qWait(20);
        check(*report);
        QVERIFY(report->table().header()->sectionSize(0) >= 100); // the titles
    }

    void theStatusesAndLabels() {
        MarkersDialog dialog(*m_rig->project, nullptr);
        dialog.setVisible(true);
        QVERIFY(QTest::qWaitForWindowExposed(&dialog));
        check(dialog);
    }

    void theWritersOwnKeysAreKeptInAnotherLanguage() {
        const auto command = [this] {
            for (const Command& each : m_rig->window->commands().all())
                if (each.id == "typewriter_scrolling") return each;
            return Command();
        };
        QVERIFY(command().name.contains(kMark));
        m_rig->window->commands().setKeys(command(), QKeySequence("Ctrl+Alt+Y"));
        m_rig.reset();
        QCoreApplication::removeTranslator(&m_pseudo);
        m_rig = std::make_unique<WindowFixture>();
        QCOMPARE(command().name, QString("Typewriter scrolling"));
        QCOMPARE(command().action->shortcut(), QKeySequence("Ctrl+Alt+Y"));
        m_rig->window->commands().setAllUsualKeys();
    }

    void numbersTakeTheirEnglishPlural() {
        QCoreApplication::removeTranslator(&m_pseudo);
        Translations translations(*qApp, QLocale("en_GB"));
        m_rig->window->findBar().open(false);
        auto* words = m_rig->window->findBar().findChild<QLineEdit*>();
        words->setText("bell");
        m_rig->caretTo(0);
        const auto says = [this](const QString& text) {
            for (const QLabel* label : m_rig->window->findBar().findChildren<QLabel*>())
                if (label->text() == text) return true;
            return false;
        };
        QVERIFY(says("1 hit"));
        words->setText("once");
        m_rig->caretTo(0);
        QVERIFY(says("2 hits"));
    }

    void everyPluralHasItsEnglishForms() {
        const auto plurals = [](const QString& path) {
            QFile file(path);
            static const QRegularExpression message("numerus=\"yes\">\\s*<source>([^<]*)</source>");
            QStringList sources;
            if (!file.open(QIODevice::ReadOnly)) return sources;
            for (auto it = message.globalMatch(QString::fromUtf8(file.readAll())); it.hasNext();)
                sources << it.next().captured(1);
            return sources;
        };
        const QString english = PALIMPSEST_SOURCE_DIR "/resources/translations/palimpsest_en.ts";
        const QStringList have = plurals(english);
        for (const QString& source : plurals(PSEUDO_TEXTS))
            QVERIFY2(have.contains(source), qPrintable(source + " is not in palimpsest_en.ts: see ui/CMakeLists.txt"));
        QFile file(english);
        QVERIFY(file.open(QIODevice::ReadOnly));
        QVERIFY(!file.readAll().contains("unfinished"));
    }

    void aLanguageWithoutATranslationIsShownInEnglishFromLeftToRight() {
        QCoreApplication::removeTranslator(&m_pseudo);
        Translations translations(*qApp, QLocale("he_IL"));
        QCOMPARE(translations.language(), QLocale::English);
        QCOMPARE(QGuiApplication::layoutDirection(), Qt::LeftToRight);
    }
};

} // namespace palimpsest::test

QTEST_MAIN(palimpsest::test::TranslationTest)
#include "translation_test.moc"
