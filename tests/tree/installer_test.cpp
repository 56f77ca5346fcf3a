// What can be said of the set-up without running it: its scripts parse, refuse nonsense, and fetch nothing unpinned.
#include <QProcess>
#include <QRegularExpression>
#include <QtTest>

class InstallerTest : public QObject {
    Q_OBJECT
private:
    static QString path(const QString& name) { return QStringLiteral(PALIMPSEST_SOURCE_DIR "/installer/") + name; }

private Q_SLOTS:
    void everyScriptIsExecutableAndParses_data() {
        QTest::addColumn<QString>("script");
        for (const char* script : {"build", "run", "test"}) QTest::newRow(script) << path(script);
    }
    void everyScriptIsExecutableAndParses() {
        QFETCH(QString, script);
        QVERIFY(QFileInfo(script).isExecutable());
        QCOMPARE(QProcess::execute("bash", {"-n", script}), 0);
    }

    void everyDownloadIsPinnedByContent() {
        static const QRegularExpression pinned(R"(^[a-z0-9-]+==[0-9.]+ --hash=sha256:[0-9a-f]{64}$)");
        for (const char* list : {"wheels.txt", "wheels-gpu.txt", "base-model.txt"}) {
            QFile file(path(list));
            QVERIFY(file.open(QIODevice::ReadOnly));
            int lines = 0;
            for (const QByteArray& line : file.readAll().split('\n')) {
                if (line.isEmpty() || line.startsWith('#')) continue;
                QVERIFY2(pinned.match(QString::fromUtf8(line)).hasMatch(), line.constData());
                ++lines;
            }
            QVERIFY(lines > 0);
        }
    }

    void anUnknownOptionIsRefusedInOneLine() {
        QProcess process;
        process.start("bash", {path("build"), "--nonsense"});
        QVERIFY(process.waitForFinished());
        QVERIFY(process.exitCode() != 0);
        const QByteArray said = process.readAllStandardError();
        QCOMPARE(said.count('\n'), 1);
        QVERIFY(said.contains("--nonsense"));
    }
};

QTEST_GUILESS_MAIN(InstallerTest)
#include "installer_test.moc"
