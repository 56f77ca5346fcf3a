// The command line from outside: what it prints, and one line and a status for every bad input.
#include "engine/api/messages.h"
#include "tests/engine/engine_process.h"
#include "tests/engine/tiny_engine.h"

#include <QTemporaryDir>
#include <QtTest>
#include <cmath>
#include <set>

namespace palimpsest::test {

class CommandsTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void initTestCase() {
        m_model = QString::fromStdString(tinyModelFolder());
        write("left.txt", "The house stood at the end of a long lane, and nobody had lived in it.");
        write("right.txt", " And then the rain came.\n");
        write("text.txt", "A key that did not fit, and a letter that said it would.\n");
        write("empty.txt", "");
        write("latin1.txt", "caf\xe9");
        write("broken.gguf", "GGUF\x03");
    }

    void aDraftPrintsItsTextAndNothingElse() {
        const Finished run = runEngine(draft({"--tokens", "10"}));
        QCOMPARE(run.status, 0);
        QVERIFY(run.out.size() > 1 && run.out.endsWith('\n'));
        QCOMPARE(run.error, QByteArray());
        QCOMPARE(runEngine(draft({"--tokens", "10"})).out, run.out);
        QVERIFY(runEngine(draft({"--tokens", "10", "--seed", "2"})).out != run.out);
    }

    void aDraftAsJsonHasAllItsFigures() {
        const Finished run = runEngine(draft({"--tokens", "10", "--json", "--trace", path("trace.jsonl")}));
        QCOMPARE(run.status, 0);
        const Json json = Json::parse(run.out.toStdString());
        for (const char* key : {"text", "tokens", "steps", "rounds", "seconds", "tokens_per_step", "tokens_per_round",
                                "first_step_ms", "peak_rss_mb", "device", "why", "seed", "model", "candidates"})
            QVERIFY2(json.contains(key), key);
        QVERIFY(json["peak_rss_mb"].get<double>() > 1);
        QFile trace(path("trace.jsonl"));
        QVERIFY(trace.open(QIODevice::ReadOnly));
        int index = 0;
        for (const QByteArray& line : trace.readAll().trimmed().split('\n')) {
            const auto step = draftStepFromJson(Json::parse(line.toStdString()));
            QVERIFY(step.ok());
            QCOMPARE(step->index, index++);
        }
        QVERIFY(index > 0);
    }

    void textsComeFromStandardInput() {
        QStringList arguments = draft({"--tokens", "10"});
        arguments[arguments.indexOf(QStringLiteral("--left")) + 1] = QStringLiteral("-");
        const QByteArray left = "The house stood at the end of a long lane, and nobody had lived in it.";
        QCOMPARE(runEngine(arguments, left).out, runEngine(draft({"--tokens", "10"})).out);
    }

    void aRewriteKeepsTheWordsItLocks() {
        const Finished run =
            runEngine({QStringLiteral("rewrite"), QStringLiteral("--model"), m_model, QStringLiteral("--text"),
                       path("text.txt"), QStringLiteral("--strength"), QStringLiteral("1"), QStringLiteral("--lock"),
                       QStringLiteral("key that"), QStringLiteral("--lock"), QStringLiteral("letter")});
        QVERIFY2(run.status == 0, run.error.constData());
        QVERIFY2(run.out.contains("key that") && run.out.contains("letter"), run.out.constData());
    }

    void infoNamesTheDefaultModelFirst() {
        const Finished run = runEngine({QStringLiteral("info"), QStringLiteral("--json")});
        QCOMPARE(run.status, 0);
        const Json json = Json::parse(run.out.toStdString());
        QCOMPARE(json.begin().key(), std::string("default_model"));
        for (const char* key : {"models", "device", "why", "kernels", "version"}) QVERIFY2(json.contains(key), key);
    }

    void badInputIsOneLineAndAStatus_data() {
        QTest::addColumn<QStringList>("arguments");
        QTest::addColumn<int>("status");
        const auto row = [](const char* name, const QStringList& arguments, int status = 1) {
            QTest::newRow(name) << arguments << status;
        };
        row("no command", {}, 2);
        row("unknown command", {"sing"}, 2);
        row("unknown flag", draft({"--louder"}), 2);
        row("no left", {"draft", "--model", m_model}, 2);
        row("tokens 0", draft({"--tokens", "0"}), 2);
        row("tokens absurd", draft({"--tokens", "999999999999999999999"}), 2);
        row("tokens no number", draft({"--tokens", "many"}), 2);
        row("block too long", draft({"--block", "65"}), 2);
        row("seed negative", draft({"--seed", "-1"}), 2);
        row("verify maybe", draft({"--verify", "maybe"}), 2);
        row("temperature NaN", draft({"--temperature", "nan"}));
        row("temperature negative", draft({"--temperature", "-1"}));
        row("top-p 0", draft({"--top-p", "0"}));
        row("device", draft({"--device", "tpu"}));
        row("device number", draft({"--device", "cuda:x"}));
        row("trace folder", draft({"--trace", m_folder.path()}));
        row("trace nowhere", draft({"--trace", "/nonexistent/trace"}));
        row("left missing", {"draft", "--model", m_model, "--left", path("none.txt")});
        row("left folder", {"draft", "--model", m_model, "--left", m_folder.path()});
        row("left empty", {"draft", "--model", m_model, "--left", path("empty.txt")});
        row("left not UTF-8", {"draft", "--model", m_model, "--left", path("latin1.txt")});
        row("model missing", {"draft", "--model", path("none"), "--left", path("left.txt")});
        row("model a file", {"draft", "--model", path("left.txt"), "--left", path("left.txt")});
        row("model empty", {"draft", "--model", m_folder.path(), "--left", path("left.txt")});
        row("text empty", {"rewrite", "--model", m_model, "--text", path("empty.txt")});
        row("strength", {"rewrite", "--model", m_model, "--text", path("text.txt"), "--strength", "2"});
        row("lock absent", {"rewrite", "--model", m_model, "--text", path("text.txt"), "--lock", "zebra"});
        row("lock empty", {"rewrite", "--model", m_model, "--text", path("text.txt"), "--lock", ""});
        row("import missing", {"import", "--gguf", path("none.gguf"), "--out", path("out")});
        row("import broken", {"import", "--gguf", path("broken.gguf"), "--out", path("out")});
        row("import over a file", {"import", "--gguf", path("broken.gguf"), "--out", path("left.txt")});
        row("serve nowhere", {"serve"}, 2);
        row("serve at a file", {"serve", "--socket", path("left.txt")});
        row("bench model", {"bench", "step", "--model", path("none")});
        row("bench on no GPU", {"bench", "attention", "--device", "cuda:127"});
        row("bench no rows", {"bench", "gemm", "--rows", "0"}, 2);
        row("info device", {"info", "--device", "tpu"});
    }
    void badInputIsOneLineAndAStatus() {
        QFETCH(QStringList, arguments);
        QFETCH(int, status);
        const Finished run = runEngine(arguments);
        QCOMPARE(run.status, status);
        QCOMPARE(run.out, QByteArray());
        QVERIFY2(run.error.count('\n') == 1 && run.error.endsWith('\n'), run.error.constData());
        QVERIFY(run.error.startsWith("palimpsest-engine: ") && run.error.size() < 400);
    }

    void everyFigureOfABenchHasItsPeerAndTheirRatio_data() {
        QTest::addColumn<QString>("what");
        QTest::addColumn<int>("kinds"); // of figures: each at every number of rows
        QTest::newRow("gemm") << "gemm" << 6;
        QTest::newRow("experts") << "experts" << 7;
    }
    void everyFigureOfABenchHasItsPeerAndTheirRatio() {
        QFETCH(QString, what);
        QFETCH(int, kinds);
        const Finished run = runEngine({"bench", what, "--rows", "2,5", "--seconds", "0", "--json"});
        QCOMPARE(run.status, 0);
        std::set<std::pair<std::string, int>> seen;
        const Json json = Json::parse(run.out.toStdString());
        for (const Json& row : json["rows"]) {
            const double ms = row["ms"].get<double>(), peer = row["peer_ms"].get<double>();
            QVERIFY(ms > 0 && peer > 0 && !row["peer"].get<std::string>().empty());
            QVERIFY(std::abs(row["ratio"].get<double>() * ms / peer - 1) < 1e-6);
            seen.emplace(row["what"].get<std::string>(), row["size"].get<int>());
        }
        QCOMPARE(int(seen.size()), 2 * kinds);
    }

private:
    QString path(const char* name) const { return m_folder.filePath(QString::fromLatin1(name)); }
    void write(const char* name, const QByteArray& bytes) const {
        QFile file(path(name));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.write(bytes);
    }
    QStringList draft(const QStringList& more) const {
        return QStringList{QStringLiteral("draft"),  QStringLiteral("--model"), m_model,
                           QStringLiteral("--left"), path("left.txt"),          QStringLiteral("--threads"),
                           QStringLiteral("1")} +
               more;
    }

    QTemporaryDir m_folder;
    QString m_model;
};

} // namespace palimpsest::test

QTEST_GUILESS_MAIN(palimpsest::test::CommandsTest)
#include "commands_test.moc"
