// Replays the session of engine/protocol.md against the real program on the tiny model.
#include "engine/api/framing.h"
#include "engine/api/messages.h"
#include "tests/engine/engine_process.h"
#include "tests/engine/tiny_engine.h"

#include <QFile>
#include <QtTest>

namespace palimpsest::test {
namespace {

// Is all of `pattern` in `value`? "…" stands for anything.
bool matches(const Json& pattern, const Json& value) {
    if (pattern == "…") return true;
    if (pattern.is_array()) {
        if (!value.is_array() || value.size() < pattern.size()) return false;
        for (std::size_t i = 0; i < pattern.size(); ++i)
            if (!matches(pattern[i], value[i])) return false;
        return true;
    }
    if (!pattern.is_object()) return pattern == value;
    for (const auto& [key, part] : pattern.items())
        if (!value.is_object() || !value.contains(key) || !matches(part, value[key])) return false;
    return true;
}

bool isStep(const Json& message) {
    return message.value("method", "") == method::kDraftStep;
}

} // namespace

class ProtocolTest : public QObject {
    Q_OBJECT
private Q_SLOTS:
    void init() {
        m_reader = FrameReader();
        m_engine.start(engineProgram(),
                       {QStringLiteral("serve"), QStringLiteral("--stdio"), QStringLiteral("--model"),
                        QString::fromStdString(tinyModelFolder()), QStringLiteral("--threads"), QStringLiteral("1")});
        QVERIFY(m_engine.waitForStarted());
    }
    void cleanup() {
        m_engine.closeWriteChannel();
        if (!m_engine.waitForFinished(20'000)) m_engine.kill();
    }

    void theSessionOfThePageRunsAsWritten() {
        QFile page(QStringLiteral(PALIMPSEST_SOURCE_DIR "/engine/protocol.md"));
        QVERIFY(page.open(QIODevice::ReadOnly));
        QByteArray text = page.readAll();
        text = text.mid(text.indexOf("```session\n") + 11);
        text.truncate(text.indexOf("```"));
        int lines = 0;
        for (const QByteArray& line : text.trimmed().split('\n')) {
            const bool sent = line.startsWith("→ ");
            const Json json = Json::parse(line.mid(qstrlen("→ ")).toStdString());
            ++lines;
            if (sent) {
                send(json);
                continue;
            }
            Json received = receive();
            while (isStep(received) && !isStep(json)) received = receive();
            QVERIFY2(matches(json, received), (line + "\n" + QByteArray::fromStdString(received.dump())).constData());
        }
        QVERIFY(lines > 20);
        QVERIFY(m_engine.waitForFinished(20'000));
        QCOMPARE(m_engine.exitCode(), 0);
    }

    void garbageAndHalfMessagesAreAnsweredAndTheEngineLives() {
        m_engine.write("GET / HTTP/1.1\r\n\r\n");
        QVERIFY(receive().contains("error"));
        m_engine.write("Content-Length: 20\r\n\r\n{\"jsonrpc\":\"2.0\",");
        m_engine.write("xx}");
        QVERIFY(receive().contains("error"));
        send(rpcRequest(method::kModelList, Json::object(), 4));
        Json answer = receive();
        while (answer.contains("error")) answer = receive();
        QCOMPARE(answer["id"].get<int>(), 4);
    }

    void theEndOfInputEndsTheProcess() {
        m_engine.closeWriteChannel();
        QVERIFY(m_engine.waitForFinished(20'000));
        QCOMPARE(m_engine.exitCode(), 0);
    }

private:
    void send(const Json& message) { m_engine.write(QByteArray::fromStdString(frame(message.dump()))); }

    Json receive() {
        for (;;) {
            auto body = m_reader.next();
            if (body && *body) return Json::parse(**body);
            if (m_engine.bytesAvailable() == 0 && !m_engine.waitForReadyRead(30'000)) return Json::object();
            const QByteArray bytes = m_engine.readAllStandardOutput();
            m_reader.append({bytes.constData(), std::size_t(bytes.size())});
        }
    }

    QProcess m_engine;
    FrameReader m_reader;
};

} // namespace palimpsest::test

QTEST_GUILESS_MAIN(palimpsest::test::ProtocolTest)
#include "protocol_test.moc"
