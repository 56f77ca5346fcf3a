// Every way an opening can end, and that a refusal leaves the file as it was.
#include "app/storage/project_store.h"

#include <QCryptographicHash>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QtEndian>
#include <QtTest>
#include <SQLiteCpp/SQLiteCpp.h>
#include <csignal>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

namespace palimpsest {
namespace {

SceneText textOf(const QString& words) {
    return {{{BlockKind::Paragraph, 0, {{words, {}, Provenance::Typed, 0}}}}};
}

QByteArray contents(const QString& path) {
    QFile file(path);
    return file.open(QIODevice::ReadOnly) ? file.readAll() : QByteArray();
}

void put(const QString& path, const QByteArray& bytes) {
    QFile file(path);
    if (file.open(QIODevice::WriteOnly)) file.write(bytes);
}

// A closed project with a few scenes, to be spoiled.
struct Rig {
    Rig() {
        auto opened = ProjectStore::create(path, QStringLiteral("Test"));
        for (int i = 0; i < 12 && opened.store; ++i) {
            auto id = opened.store->addNode(0, -1, NodeKind::Scene, QStringLiteral("Scene %1").arg(i));
            (void)opened.store->saveText(*id, textOf(QStringLiteral("Words of scene %1. ").arg(i).repeated(100))).ok();
        }
    }
    ProjectStore::Opened open() { return ProjectStore::open(path); }
    void sql(const char* statements) { SQLite::Database(path.toStdString(), SQLite::OPEN_READWRITE).exec(statements); }

    QTemporaryDir folder;
    QString path = folder.filePath(QStringLiteral("test.palimpsest"));
};

// The outcome of opening a file, which must be a refusal with a sentence that leaves every byte.
OpenOutcome refusal(const QString& path) {
    const QByteArray before = contents(path);
    const auto opened = ProjectStore::open(path);
    if (opened.store) return OpenOutcome::Current;
    if (opened.sentence.isEmpty() || contents(path) != before)
        qFatal("a refusal without a sentence, or a changed file");
    if (QFile::exists(path + QStringLiteral("-wal"))) qFatal("a refused file has a log beside it");
    return opened.outcome;
}

// Sets a limit on the size of files for as long as it lives: the disk is full.
struct FullDisk {
    explicit FullDisk(rlim_t bytes) {
        ::getrlimit(RLIMIT_FSIZE, &before);
        const rlimit limit{bytes, before.rlim_max};
        ::setrlimit(RLIMIT_FSIZE, &limit);
    }
    ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before); }
    rlimit before{};
};

} // namespace

class ProjectOutcomesTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() { ::signal(SIGXFSZ, SIG_IGN); }

    void whatIsNotThereOrNoFileIsRefused() {
        QTemporaryDir folder;
        QCOMPARE(ProjectStore::open(folder.filePath(QStringLiteral("none.palimpsest"))).outcome,
                 OpenOutcome::Unreadable);
        QVERIFY(!QFile::exists(folder.filePath(QStringLiteral("none.palimpsest"))));
        QCOMPARE(ProjectStore::open(folder.path()).outcome, OpenOutcome::NotAProject);
        const QString pipe = folder.filePath(QStringLiteral("pipe.palimpsest"));
        QCOMPARE(::mkfifo(QFile::encodeName(pipe).constData(), 0600), 0);
        QCOMPARE(ProjectStore::open(pipe).outcome, OpenOutcome::NotAProject); // and does not wait for a writer
        QCOMPARE(ProjectStore::open({}).outcome, OpenOutcome::Unreadable);
    }

    void otherFilesAreNoProjects() {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("other.palimpsest"));
        put(path,
            "Call me Ishmael. Some years ago, never mind how long precisely, having little or no money in my purse");
        QCOMPARE(refusal(path), OpenOutcome::NotAProject);
        put(path, "short");
        QCOMPARE(refusal(path), OpenOutcome::NotAProject);
        QFile::remove(path);
        SQLite::Database(path.toStdString(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE)
            .exec("CREATE TABLE node (id INTEGER)");
        QCOMPARE(refusal(path), OpenOutcome::NotAProject);
    }

    void aNewerFileIsRefusedUntouched() {
        Rig rig;
        rig.sql("PRAGMA user_version = 1000");
        QCOMPARE(refusal(rig.path), OpenOutcome::NewerRefused);
    }

    void anOlderFileIsUpgradedAndACopyKept() {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("old.palimpsest"));
        { // version 0: nothing but our mark
            SQLite::Database database(path.toStdString(), SQLite::OPEN_READWRITE | SQLite::OPEN_CREATE);
            database.exec("PRAGMA application_id = 0x50414C49");
            database.exec("VACUUM");
        }
        const auto opened = ProjectStore::open(path);
        // The first version has no older one that holds a project: it must be found wanting, not made up.
        QCOMPARE(opened.outcome, OpenOutcome::Damaged);
        const QDir backups(path + QStringLiteral(".backups"));
        QCOMPARE(backups.entryList({QStringLiteral("*before upgrade from format 0.palimpsest")}, QDir::Files).size(),
                 1);
    }

    void openTwiceIsLockedAndFreeAgainAfterClosing() {
        Rig rig;
        auto first = rig.open();
        QVERIFY(first.store != nullptr);
        const auto second = rig.open();
        QCOMPARE(second.outcome, OpenOutcome::Locked);
        QVERIFY(second.sentence.contains(QString::number(::getpid())));
        const QString link = rig.folder.filePath(QStringLiteral("link.palimpsest"));
        QVERIFY(QFile::link(rig.path, link));
        QCOMPARE(ProjectStore::open(link).outcome, OpenOutcome::Locked);
        first.store.reset();
        QVERIFY(ProjectStore::open(link).store != nullptr);
    }

    void aLockLeftBehindHereIsTakenOver() {
        Rig rig;
        char host[256] = {};
        ::gethostname(host, sizeof host - 1);
        const QString lock = rig.folder.filePath(QStringLiteral(".test.palimpsest.lock"));
        for (const QByteArray& left : {QByteArray("999999\n") + host + "\nanother-boot\n",
                                       QByteArray("1\n") + host + "\nx\n", QByteArray("nonsense"), QByteArray()}) {
            put(lock, left);
            QVERIFY(rig.open().store != nullptr);
        }
        QVERIFY(!QFile::exists(lock));
    }

    void aLockOfAnotherComputerIsRespectedAndNamed() {
        Rig rig;
        const QString lock = rig.folder.filePath(QStringLiteral(".test.palimpsest.lock"));
        put(lock, "4711\nlighthouse\nsome-boot\n");
        const QByteArray before = contents(rig.path);
        const auto opened = rig.open();
        QCOMPARE(opened.outcome, OpenOutcome::Locked);
        QVERIFY(opened.sentence.contains(QStringLiteral("lighthouse")));
        QCOMPARE(contents(rig.path), before);
        QCOMPARE(contents(lock), QByteArray("4711\nlighthouse\nsome-boot\n"));
    }

    void everyTruncationIsFoundAndTheFileLeftAlone() {
        Rig rig;
        const QByteArray whole = contents(rig.path);
        QList<qsizetype> lengths{
            0, 1, 15, 16, 99, 100, 511, 4095, 4096, 4097, whole.size() / 2, whole.size() - 4096, whole.size() - 1};
        for (qsizetype at = 0; at < whole.size(); at += 3001) lengths += at;
        for (const qsizetype length : lengths) {
            put(rig.path, whole.left(length));
            QCOMPARE(refusal(rig.path), OpenOutcome::Damaged);
        }
        put(rig.path, whole);
        QVERIFY(rig.open().store != nullptr);
    }

    void changedBytesAreFoundOrHarmless() {
        Rig rig;
        const QByteArray whole = contents(rig.path);
        std::vector<SceneText> texts;
        {
            auto opened = rig.open();
            const auto nodes = opened.store->nodes();
            for (const Node& node : *nodes) texts.push_back(*opened.store->text(node.id));
        }
        QRandomGenerator random(3);
        int refused = 0;
        for (int i = 0; i < 150; ++i) {
            QByteArray changed = whole;
            const int at = i < 100 ? i : random.bounded(int(whole.size()));
            changed[at] = char(changed[at] ^ (1 << random.bounded(8)));
            put(rig.path, changed);
            const auto opened = rig.open();
            if (!opened.store) {
                ++refused;
                QCOMPARE(contents(rig.path), changed);
                QVERIFY(!opened.sentence.isEmpty());
                continue;
            }
            const auto nodes = opened.store->nodes();
            if (!nodes || nodes->size() != texts.size()) continue;
            for (std::size_t k = 0; k < texts.size(); ++k)
                if (const auto text = opened.store->text((*nodes)[k].id)) QVERIFY(*text == texts[k]);
        }
        QVERIFY2(refused > 20, qPrintable(QString::number(refused)));
    }

    void aChangedLetterInTheProseIsFoundAndABackupNamed() {
        Rig rig;
        (void)rig.open(); // makes a backup
        QByteArray bytes = contents(rig.path);
        const qsizetype at = bytes.indexOf("\"Words of scene 7"); // in the text, not in the index
        QVERIFY(at > 0);
        bytes[at + 1] = 'S';
        put(rig.path, bytes);
        const auto opened = rig.open();
        QCOMPARE(opened.outcome, OpenOutcome::Damaged);
        QVERIFY(opened.sentence.contains(QStringLiteral("test.palimpsest.backups/")));
        const QString backup = opened.sentence.mid(opened.sentence.indexOf(QStringLiteral(": ")) + 2);
        QVERIFY(ProjectStore::open(backup).store != nullptr);
    }

    void hostileContentsAreRefused_data() {
        QTest::addColumn<QByteArray>("statements");
        QTest::newRow("loop") << QByteArray(
            "UPDATE node SET parent = 2 WHERE id = 1; UPDATE node SET parent = 1 WHERE id = 2");
        QTest::newRow("orphan") << QByteArray("UPDATE node SET parent = 777 WHERE id = 1");
        QTest::newRow("kind") << QByteArray(
            "PRAGMA ignore_check_constraints = 1; UPDATE node SET kind = 9 WHERE id = 1");
        QTest::newRow("no text table") << QByteArray("DROP TABLE text");
        QTest::newRow("no project row") << QByteArray("DELETE FROM project");
        QTest::newRow("column gone") << QByteArray("ALTER TABLE node RENAME COLUMN title TO name");
        QTest::newRow("text without its digest") << QByteArray("UPDATE text SET sha256 = x'00' WHERE node = 3");
    }
    void hostileContentsAreRefused() {
        QFETCH(QByteArray, statements);
        Rig rig;
        rig.sql(statements.constData());
        QCOMPARE(refusal(rig.path), OpenOutcome::Damaged);
    }

    void creatingNeverOverwrites() {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("mine.palimpsest"));
        put(path, "my only copy");
        const auto opened = ProjectStore::create(path, QStringLiteral("Test"));
        QCOMPARE(opened.outcome, OpenOutcome::Unreadable);
        QVERIFY(!opened.sentence.isEmpty());
        QCOMPARE(contents(path), QByteArray("my only copy"));
    }

    void creatingInAFolderThatIsNotThereSaysSo() {
        QTemporaryDir folder;
        const auto opened =
            ProjectStore::create(folder.filePath(QStringLiteral("no/such/x.palimpsest")), QStringLiteral("T"));
        QCOMPARE(opened.outcome, OpenOutcome::Unreadable);
        QVERIFY(!opened.sentence.isEmpty());
        QVERIFY(!ProjectStore::create(folder.filePath(QStringLiteral("x.palimpsest")), QString(1001, u'x')).store);
        QVERIFY(QDir(folder.path()).isEmpty(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot));
    }

    void aReadOnlyFolderIsRefusedWithWhatToDo() {
        Rig rig;
        ::chmod(QFile::encodeName(rig.path).constData(), 0666);
        ::chmod(QFile::encodeName(rig.folder.path()).constData(), 0555);
        const bool superuser = ::geteuid() == 0; // may write everywhere, so be somebody else for a moment
        if (superuser) QCOMPARE(::setresuid(65534, 65534, 0), 0);
        const auto opened = rig.open();
        const auto created = ProjectStore::create(rig.folder.filePath(QStringLiteral("x.palimpsest")), {});
        if (superuser) QCOMPARE(::setresuid(0, 0, 0), 0);
        ::chmod(QFile::encodeName(rig.folder.path()).constData(), 0755);
        QCOMPARE(opened.outcome, OpenOutcome::Unreadable);
        QVERIFY(opened.sentence.contains(QStringLiteral("copy")));
        QCOMPARE(created.outcome, OpenOutcome::Unreadable);
        QVERIFY(created.sentence.contains(QStringLiteral("folder")));
    }

    void aFullDiskIsAnErrorThatLosesNothing() {
        Rig rig;
        auto opened = rig.open();
        const NodeId scene = opened.store->nodes()->front().id;
        QVERIFY(opened.store->saveText(scene, textOf(QStringLiteral("safe"))));
        const SceneText large = textOf(QStringLiteral("much more than fits ").repeated(100'000));
        {
            const FullDisk full(rlim_t(QFileInfo(rig.path + QStringLiteral("-wal")).size()) + 4096);
            const auto saved = opened.store->saveText(scene, large);
            QVERIFY(!saved);
            QCOMPARE(saved.error().code, ErrorCode::Full);
            QVERIFY(*opened.store->text(scene) == textOf(QStringLiteral("safe")));
        }
        QVERIFY(opened.store->saveText(scene, large)); // room again: saving goes on
        opened.store.reset();
        auto again = rig.open();
        QVERIFY(*again.store->text(scene) == large);
    }

    void creatingOnAFullDiskLeavesNothingBehind() {
        QTemporaryDir folder;
        {
            const FullDisk full(8192);
            const auto opened =
                ProjectStore::create(folder.filePath(QStringLiteral("x.palimpsest")), QStringLiteral("T"));
            QVERIFY(!opened.store);
            QVERIFY2(opened.sentence.contains(QStringLiteral("room")), qPrintable(opened.sentence));
        }
        QVERIFY(QDir(folder.path()).isEmpty(QDir::AllEntries | QDir::Hidden | QDir::NoDotAndDotDot));
    }

    void withoutRoomForABackupItOpensAndSaysSo() {
        Rig rig;
        QVERIFY(rig.open().store != nullptr);
        rig.sql("UPDATE project SET revision = revision + 1");
        const FullDisk full(40'000); // room for the log, not for a copy
        const auto opened = rig.open();
        QVERIFY(opened.store != nullptr);
        QVERIFY(opened.sentence.contains(QStringLiteral("backup")));
    }
};

} // namespace palimpsest

QTEST_APPLESS_MAIN(palimpsest::ProjectOutcomesTest)
#include "project_outcomes_test.moc"
