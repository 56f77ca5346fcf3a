// What the engine is told to read while the writer rests.
#include "tests/ui/window_fixture.h"

#include "engine/api/messages.h"

#include <QElapsedTimer>
#include <QFile>

namespace palimpsest::test {
namespace {

// The window, and every message that reached its engine.
struct Heard : WindowFixture {
    explicit Heard(QStringList arguments = {})
        : WindowFixture(arguments << "--record" << QDir::tempPath() + "/" + recordName()),
          record(QDir::tempPath() + "/" + recordName()) {
        QFile::remove(record);
    }
    ~Heard() { QFile::remove(record); }
    static QString recordName() { return QString("palimpsest-read-ahead-%1").arg(QCoreApplication::applicationPid()); }

    std::vector<Json> calls(const std::string& name) const {
        std::vector<Json> found;
        QFile file(record);
        if (!file.open(QIODevice::ReadOnly)) return found;
        for (const QByteArray& line : file.readAll().split('\n')) {
            const auto message = parseMessage(line.toStdString());
            if (message && message->value("method", "") == name) found.push_back((*message)["params"]);
        }
        return found;
    }
    std::vector<Json> hints() const { return calls(method::kContextPrepare); }
    bool hasHints(std::size_t count) {
        return QTest::qWaitFor([=, this] { return hints().size() >= count; });
    }

    bool hasHintOf(const QString& left) {
        return QTest::qWaitFor([=, this] {
            const std::vector<Json> all = hints();
            return !all.empty() && QString::fromStdString(all.back().value("left", "")) == left;
        });
    }

    QString record;
};

constexpr int kLongerThanTheRestMs = 1600;

} // namespace

class ReadAheadTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void anOpenedSceneIsReadAsFarAsTheCaret() {
        Heard f;
        QVERIFY(f.ready());
        f.caretTo(int(kParagraphs[0].size()));
        QVERIFY(f.hasHintOf(kParagraphs[0]));
        const auto hint = draftRequestFromJson(f.hints().back());
        QVERIFY(hint.ok());
        QCOMPARE(QString::fromStdString(hint->notes), QString("@Marta\nA postmistress."));
    }

    void aHintSeesWhatTheDraftAfterItSees() {
        Heard f;
        QVERIFY(f.ready());
        f.caretTo(5);
        QVERIFY(f.hasHintOf("She d"));
        f.window->drafting().start(DraftKind::Continue);
        QVERIFY(f.waitForRest());
        const Json hint = f.hints().back(), draft = f.calls(method::kDraftStart).back();
        for (const char* part : {"kind", "notes", "left", "right"})
            QCOMPARE(hint.value(part, ""), draft.value(part, ""));
    }

    void typingIsNotDisturbedAndTheSamePlaceIsToldOnce() {
        Heard f;
        QVERIFY(f.ready());
        QVERIFY(f.hasHints(1)); // of the scene as it was opened
        qint64 longestMs = 0;
        for (int i = 0; i < 12; ++i) { // 1.8 s of keys
            QElapsedTimer since;
            since.start();
            QTest::keyClicks(&f.editor(), "x");
            QTest::qWait(150);
            longestMs = std::max(longestMs, since.elapsed());
        }
        if (longestMs > 800) QSKIP("The machine is too busy to type without a rest.");
        QCOMPARE(f.hints().size(), std::size_t(1));
        QVERIFY(f.hasHintOf(QString(12, u'x')));
        f.caretTo(3);
        f.caretTo(12);
        QTest::qWait(kLongerThanTheRestMs);
        QCOMPARE(f.hints().size(), std::size_t(2));
        f.caretTo(4);
        QVERIFY(f.hasHints(3));
    }

    void nothingIsReadWhileADraftRuns() {
        Heard f({"--delay-ms", "200", "--steps", "15"});
        QVERIFY(f.ready());
        f.window->drafting().start(DraftKind::Continue);
        QVERIFY(f.waitForSteps(1));
        const std::size_t before = f.hints().size();
        f.caretTo(8);
        QTest::qWait(kLongerThanTheRestMs);
        QVERIFY(f.window->drafting().isRunning());
        QCOMPARE(f.hints().size(), before);
        QVERIFY(f.waitForRest());
        QVERIFY(f.hasHintOf(kParagraphs[0].left(8)));
    }

    void anEngineStartedAgainIsToldAgain() {
        Heard f;
        QVERIFY(f.ready());
        QVERIFY(f.hasHints(1));
        f.engine->stop();
        f.engine->start();
        QVERIFY(f.hasHints(2));
        QCOMPARE(f.hints()[1], f.hints()[0]);
    }
};

} // namespace palimpsest::test

int main(int argc, char** argv) {
    QApplication application(argc, argv);
    palimpsest::test::ReadAheadTest test;
    return QTest::qExec(&test, argc, argv);
}
#include "read_ahead_test.moc"
