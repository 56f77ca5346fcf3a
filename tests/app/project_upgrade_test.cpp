// A project of an older format: copied first, then brought up to date with everything in it.
#include "app/storage/project_store.h"

#include <QDir>
#include <QTemporaryDir>
#include <QtTest>
#include <SQLiteCpp/SQLiteCpp.h>
#include <csignal>
#include <sys/resource.h>

namespace palimpsest {
namespace {

// Written by the program of that version: six nodes, three texts, a draft, a setting.
const QString kVersion1 = QStringLiteral(PALIMPSEST_SOURCE_DIR "/tests/goldens/version-1.palimpsest");

QByteArray contents(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

struct Rig {
    Rig() {
        QFile::copy(kVersion1, path);
        QFile::setPermissions(path, QFile::ReadOwner | QFile::WriteOwner);
    }
    QString copy() const {
        const QDir backups(path + QStringLiteral(".backups"));
        const QStringList found =
            backups.entryList({QStringLiteral("*before upgrade from format 1.palimpsest")}, QDir::Files);
        return found.size() == 1 ? backups.filePath(found.front()) : QString();
    }
    QTemporaryDir folder;
    QString path = folder.filePath(QStringLiteral("old.palimpsest"));
};

} // namespace

class ProjectUpgradeTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void everythingOfVersionOneIsThereAfterwards() {
        Rig rig;
        const auto opened = ProjectStore::open(rig.path);
        QCOMPARE(opened.outcome, OpenOutcome::Upgraded);
        QCOMPARE(opened.store->title(), QStringLiteral("The Lighthouse"));
        QVERIFY(!opened.store->uuid().isEmpty());
        const auto nodes = opened.store->nodes();
        QStringList titles;
        for (const Node& node : *nodes) {
            titles << node.title;
            QCOMPARE(node.pinned, node.title == QStringLiteral("Nora"));
            QCOMPARE(node.trashed, node.title == QStringLiteral("Old beginning"));
            QCOMPARE(node.status, 0);
        }
        QCOMPARE(titles.join(u'|'), QStringLiteral("One|Nora|Chapter 1|Old beginning|Arrival|The stairs"));
        const auto text = opened.store->text(3);
        QCOMPARE(text->plain(), QStringLiteral("Arrival\nThe ferry came at dusk, as ever."));
        QCOMPARE(text->blocks[1].spans[1].provenance, Provenance::Drafted);
        QCOMPARE(text->blocks[1].spans[1].draft, 1);
        QCOMPARE(opened.store->drafts(3)->size(), 1U);
        QCOMPARE(opened.store->settings()->value(QStringLiteral("open_node")), QStringLiteral("3"));
    }

    void itsTextsCanBeSearchedAtOnce() {
        Rig rig;
        const auto opened = ProjectStore::open(rig.path);
        const auto found = opened.store->search({QStringLiteral("cafe"), false, false, false}, 100);
        QCOMPARE(found->matches, 0); // an accent is a difference
        const auto steps = opened.store->search({QStringLiteral("steps"), false, true, false}, 100);
        QCOMPARE(steps->matches, 1); // not in the trash
        QCOMPARE(steps->paragraphs[0].node, 4);
    }

    void theOldFileIsKeptAsItWas() {
        Rig rig;
        QCOMPARE(ProjectStore::open(rig.path).outcome, OpenOutcome::Upgraded);
        SQLite::Database copy(rig.copy().toStdString(), SQLite::OPEN_READONLY);
        QCOMPARE(copy.execAndGet("PRAGMA user_version").getInt(), 1);
        QCOMPARE(copy.execAndGet("SELECT count(*) FROM node").getInt(), 6);
        QCOMPARE(ProjectStore::open(rig.path).outcome, OpenOutcome::Current);
    }

    void aFullDiskLeavesTheOldFileToTheByte() {
        Rig rig;
        const QByteArray before = contents(rig.path);
        ::signal(SIGXFSZ, SIG_IGN);
        rlimit was{};
        ::getrlimit(RLIMIT_FSIZE, &was);
        for (const rlim_t room : {rlim_t(10'000), rlim_t(40'000), rlim_t(60'000)}) { // the copy, the log, the log
            const rlimit limit{room, was.rlim_max};
            ::setrlimit(RLIMIT_FSIZE, &limit);
            const auto opened = ProjectStore::open(rig.path);
            ::setrlimit(RLIMIT_FSIZE, &was);
            QCOMPARE(opened.outcome, OpenOutcome::Unreadable);
            QVERIFY2(opened.sentence.contains(QStringLiteral("room")), qPrintable(opened.sentence));
            QCOMPARE(contents(rig.path), before);
            QDir(rig.path + QStringLiteral(".backups")).removeRecursively();
        }
        QCOMPARE(ProjectStore::open(rig.path).outcome, OpenOutcome::Upgraded);
    }

    void newIdsFollowTheOldOnes() {
        Rig rig;
        const auto opened = ProjectStore::open(rig.path);
        QCOMPARE(*opened.store->addNode(0, -1, NodeKind::Scene, QStringLiteral("Next")), 7);
    }
};

} // namespace palimpsest

QTEST_GUILESS_MAIN(palimpsest::ProjectUpgradeTest)
#include "project_upgrade_test.moc"
