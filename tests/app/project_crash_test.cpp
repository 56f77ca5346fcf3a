// kill -9 at any moment of writing: what was reported as saved is there, the file opens, the lock is taken over.
#include "app/storage/project_store.h"

#include <QProcess>
#include <QRandomGenerator>
#include <QTemporaryDir>
#include <QtTest>
#include <cstdio>

namespace palimpsest {
namespace {

SceneText numbered(int number) {
    return {
        {{BlockKind::Paragraph, 0, {{QStringLiteral("%1 ").arg(number).repeated(2000), {}, Provenance::Typed, 0}}}}};
}

// The child: saves texts with rising numbers for ever, and says each number once it is saved.
int writeUntilKilled(const QString& path) {
    auto opened = ProjectStore::open(path);
    if (!opened.store) return 1;
    const NodeId scene = opened.store->nodes()->front().id;
    const auto last = opened.store->text(scene);
    if (!last) return 1;
    for (int number = last->plain().section(u' ', 0, 0).toInt() + 1;; ++number) {
        if (!opened.store->saveText(scene, numbered(number))) return 1;
        std::printf("%d\n", number);
        std::fflush(stdout);
    }
}

} // namespace

class ProjectCrashTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void whatWasSavedSurvivesBeingKilledAtAnyMoment() {
        QTemporaryDir folder;
        const QString path = folder.filePath(QStringLiteral("crash.palimpsest"));
        NodeId scene = 0;
        {
            auto made = ProjectStore::create(path, QStringLiteral("Crash"));
            scene = *made.store->addNode(0, 0, NodeKind::Scene, {});
            QVERIFY(made.store->saveText(scene, numbered(0)));
        }
        QRandomGenerator random(11);
        int saved = 0;
        for (int round = 0; round < 20; ++round) {
            QProcess child;
            child.start(QCoreApplication::applicationFilePath(), {QStringLiteral("--write"), path});
            QVERIFY(child.waitForReadyRead(20'000));
            QTest::qSleep(random.bounded(1, 25)); // somewhere in the middle of a later save
            child.kill();
            QVERIFY(child.waitForFinished());
            const QList<QByteArray> told = child.readAllStandardOutput().split('\n');
            saved = told[told.size() - 2].toInt(); // the last whole line

            auto opened = ProjectStore::open(path);
            QVERIFY2(opened.store != nullptr, qPrintable(opened.sentence));
            const auto text = opened.store->text(scene);
            QVERIFY(text.ok());
            const int found = text->plain().section(u' ', 0, 0).toInt();
            QVERIFY2(found == saved || found == saved + 1,
                     qPrintable(QStringLiteral("%1, saved %2").arg(found).arg(saved)));
            QVERIFY(*text == numbered(found)); // whole, not a mixture
        }
        QVERIFY(saved > 20);
    }
};

} // namespace palimpsest

int main(int argc, char** argv) {
    QCoreApplication application(argc, argv);
    if (argc == 3 && qstrcmp(argv[1], "--write") == 0)
        return palimpsest::writeUntilKilled(QString::fromLocal8Bit(argv[2]));
    palimpsest::ProjectCrashTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "project_crash_test.moc"
