// What the bar says and offers after something went wrong with a project outside: words that could not be saved, a file
// that an older one took the place of, a file that cannot be opened.
#include "app/services/rescued_texts.h"
#include "tests/ui/window_fixture.h"
#include "ui/history/history_dialog.h"

#include <QListWidget>

namespace palimpsest::test {

class RecoveryTest : public QObject {
    Q_OBJECT
    std::unique_ptr<WindowFixture> m_rig;

    MessageBar& bar() { return m_rig->window->bar(); }
    bool says(const QString& part) {
        return QTest::qWaitFor([&] { return bar().isVisible() && bar().sentence().contains(part); });
    }
    QPushButton* offered() {
        auto* button = bar().findChild<QPushButton*>();
        return button && button->isVisible() ? button : nullptr;
    }
    HistoryDialog* history() {
        HistoryDialog* dialog = nullptr;
        (void)QTest::qWaitFor([&] {
            dialog = m_rig->window->findChild<HistoryDialog*>();
            return dialog && dialog->isVisible() && dialog->list().count() > 0;
        });
        return dialog;
    }

private Q_SLOTS:
    void init() {
        m_rig = std::make_unique<WindowFixture>();
        qputenv("XDG_STATE_HOME", m_rig->folder.path().toUtf8());
    }
    void cleanup() { m_rig.reset(); }

    void wordsThatCouldNotBeSavedAreOfferedAndAreInTheHistory() {
        {
            const auto opened = ProjectStore::open(m_rig->path);
            QVERIFY(!rescueText(*opened.store, m_rig->scene, typed({"Words that had no room."})).isEmpty());
        }
        QVERIFY(m_rig->ready());
        QVERIFY(says("“Second buoy” that could not be saved last time"));
        QPushButton* compare = offered();
        QVERIFY(compare && !compare->accessibleName().isEmpty());
        compare->setFocus();
        QTest::keyClick(compare, Qt::Key_Space);
        QVERIFY(history());
        QVERIFY(!bar().isVisible());
        std::optional<QString> rescued;
        m_rig->project->ask<QString>(
            m_rig->window.get(),
            [this](ProjectStore& store) -> Result<QString> {
                const auto revisions = store.revisions(m_rig->scene);
                return store.revisionText(revisions->front().id)->plain();
            },
            [&](const Result<QString>& text) { rescued = *text; });
        QVERIFY(QTest::qWaitFor([&] { return rescued.has_value(); }));
        QCOMPARE(*rescued, QString("Words that had no room."));
        QCOMPARE(m_rig->text(), kParagraphs.join('\n')); // the page is as it was
    }

    void anOlderFileIsOfferedWhatItsBackupHas() {
        const QString older = m_rig->path + ".older";
        QVERIFY(QFile::copy(m_rig->path, older));
        {
            const auto opened = ProjectStore::open(m_rig->path);
            QVERIFY(opened.store->saveText(m_rig->scene, typed({"Written later."})).ok());
            QVERIFY(opened.store->addNode(0, -1, NodeKind::Scene, "Only in the backup").ok());
        } // backs up
        QVERIFY(QFile::remove(m_rig->path) && QFile::rename(older, m_rig->path));
        QVERIFY(m_rig->ready());
        QVERIFY(says("This file is older than its backup"));
        QVERIFY(offered());
        offered()->click();
        QVERIFY(history());
        QVERIFY(QTest::qWaitFor([&] {
            const auto& nodes = m_rig->project->nodes();
            return std::any_of(nodes.begin(), nodes.end(),
                               [](const Node& node) { return node.title == "Only in the backup"; });
        }));
        QCOMPARE(m_rig->text(), kParagraphs.join('\n')); // until the writer takes it back from the history
    }

    void aFileThatCannotBeOpenedIsSaidWithTheOpenProjectLeftAsItIs() {
        QVERIFY(m_rig->ready());
        const QString damaged = m_rig->folder.filePath("damaged.palimpsest");
        QFile file(damaged);
        QVERIFY(file.open(QIODevice::WriteOnly) && file.write(QByteArray(5000, 'x')) == 5000);
        file.close();
        m_rig->window->openPath(damaged);
        QVERIFY(says("damaged.palimpsest"));
        QVERIFY(!offered());
        QCOMPARE(m_rig->project->path(), m_rig->path);
        QCOMPARE(m_rig->window->shownNode(), m_rig->scene);
    }

    void aProjectThatIsOpenElsewhereIsSaidNotOpenedTwice() {
        const auto other = ProjectStore::open(m_rig->path); // as another program has it
        QVERIFY(other.store != nullptr);
        m_rig->window->show();
        m_rig->window->openPath(m_rig->path);
        QVERIFY(QTest::qWaitFor([&] { return bar().isVisible() && !bar().sentence().isEmpty(); }));
        QVERIFY(!m_rig->project->isOpen());
    }
};

} // namespace palimpsest::test

QTEST_MAIN(palimpsest::test::RecoveryTest)
#include "recovery_test.moc"
