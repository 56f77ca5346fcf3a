// The language of the spelling and the punctuation is the project's own.
#include "tests/support/dictionary_folder.h"
#include "tests/ui/window_fixture.h"
#include "ui/settings/project_language.h"
#include "ui/settings/settings_dialog.h"

#include <QComboBox>

namespace palimpsest::test {

class ProjectLanguageTest : public QObject {
    Q_OBJECT
    DictionaryFolder m_dictionaries;
    std::unique_ptr<WindowFixture> m_rig;

    ProjectLanguage& language() { return m_rig->window->language(); }
    bool open(const QString& path) {
        QSignalSpy opened(m_rig->project.get(), &ProjectService::opened);
        m_rig->window->openPath(path);
        return QTest::qWaitFor([&] { return opened.count() == 1; }) && m_rig->project->path() == path;
    }
    QString another() {
        const QString path = m_rig->folder.filePath("another.palimpsest");
        ProjectStore::create(path, "Another");
        return path;
    }
    void forNewProjects(const QString& code) {
        WritingChoices choices;
        choices.language = code;
        m_rig->window->writing().choose(choices);
    }

private Q_SLOTS:
    void initTestCase() { qputenv("DICPATH", m_dictionaries.path().toUtf8()); }
    void init() {
        m_rig = std::make_unique<WindowFixture>();
        forNewProjects("en_US");
        QVERIFY(m_rig->ready());
    }
    void cleanup() { m_rig.reset(); }

    void aProjectKeepsItsLanguageWhateverIsChosenForNewOnes() {
        QCOMPARE(language().code(), QString("en_US"));
        forNewProjects("de_DE");
        QCOMPARE(language().code(), QString("en_US"));
        QVERIFY(open(another()));
        QCOMPARE(language().code(), QString("de_DE"));
        language().choose("fr_FR");
        QVERIFY(open(m_rig->path));
        QCOMPARE(language().code(), QString("en_US"));
        QVERIFY(open(m_rig->folder.filePath("another.palimpsest")));
        QCOMPARE(language().code(), QString("fr_FR"));
    }

    void aProjectWithoutALanguageIsNotCheckedAndTheNextOneIs() {
        QVERIFY(QTest::qWaitFor([&] { return m_rig->window->spelling().isReady(); }));
        language().choose({});
        QVERIFY(!m_rig->window->spelling().isReady());
        QVERIFY(open(another()));
        QVERIFY(QTest::qWaitFor([&] { return m_rig->window->spelling().isReady(); }));
        QVERIFY(open(m_rig->path));
        QVERIFY(language().code().isEmpty());
        QVERIFY(!m_rig->window->spelling().isReady());
    }

    void thePunctuationFollowsTheProject() {
        const auto typedQuote = [this] {
            m_rig->caretTo(0);
            QTest::keyClick(&m_rig->editor(), '"');
            const QChar quote = m_rig->text().at(0);
            m_rig->editor().undo();
            m_rig->editor().undo();
            return quote;
        };
        QCOMPARE(typedQuote(), QChar(u'\u201C'));
        language().choose("de_DE");
        QCOMPARE(typedQuote(), QChar(u'\u201E'));
    }

    void theSettingsChooseForThisProjectAndForNewOnesApart() {
        SettingsDialog dialog(*m_rig->theme, m_rig->window->writing(), language(), m_rig->window->spelling(), nullptr);
        const auto box = [&](const QString& name) {
            for (QComboBox* each : dialog.findChildren<QComboBox*>())
                if (each->accessibleName() == name) return each;
            qFatal("no choice of %s", qPrintable(name));
        };
        QComboBox* project = box("Language of this project");
        QCOMPARE(project->currentData().toString(), QString("en_US"));
        QVERIFY(QTest::qWaitFor([&] { return project->currentText() == "English (United States)"; }));
        project->setFocus();
        project->setCurrentIndex(project->findText("None"));
        Q_EMIT project->activated(project->currentIndex()); // as by key or mouse
        QVERIFY(language().code().isEmpty());
        QCOMPARE(m_rig->window->writing().language(), QString("en_US"));
        QCOMPARE(box("Language of new projects")->currentData().toString(), QString("en_US"));
    }
};

} // namespace palimpsest::test

QTEST_MAIN(palimpsest::test::ProjectLanguageTest)
#include "project_language_test.moc"
