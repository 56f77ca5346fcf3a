#include "app/services/engine_connection.h"

#include <QTimer>
#include <csignal>
#include <spdlog/spdlog.h>
#include <sys/prctl.h>
#include <utility>

namespace palimpsest {
namespace {

constexpr int kEndPatienceMs = 3000;
constexpr int kMaxLoggedLine = 4096;
constexpr qint64 kMaxUnreadBytes = 128 << 20; // what an engine that no longer reads may cost us

} // namespace

EngineConnection::EngineConnection(const QString& program, const QStringList& arguments, QObject* parent)
    : QObject(parent) {
    m_process.setProgram(program);
    m_process.setArguments(arguments);
    // Should this process be killed, the engine must not go on computing.
    m_process.setChildProcessModifier([] { ::prctl(PR_SET_PDEATHSIG, SIGKILL); });
    connect(&m_process, &QProcess::readyReadStandardOutput, this, &EngineConnection::onOutput);
    connect(&m_process, &QProcess::readyReadStandardError, this, &EngineConnection::onErrorOutput);
    connect(&m_process, &QProcess::started, this, [this] { m_wasStarted = true; });
    connect(&m_process, &QProcess::finished, this, &EngineConnection::onGone);
    connect(&m_process, &QProcess::errorOccurred, this, [this](QProcess::ProcessError error) {
        if (error == QProcess::FailedToStart)
            QMetaObject::invokeMethod(this, &EngineConnection::onGone, Qt::QueuedConnection);
    });
}

EngineConnection::~EngineConnection() {
    m_process.disconnect(this);
    if (m_process.state() == QProcess::NotRunning) return;
    m_process.kill();
    m_process.waitForFinished(kEndPatienceMs);
}

void EngineConnection::start() {
    m_process.start();
}

void EngineConnection::call(const char* method, Json params, int deadlineMs, Answer answer) {
    const qint64 id = m_nextId++;
    m_calls.insert(id, std::move(answer));
    const std::string message = frame(writeMessage(rpcRequest(method, std::move(params), id)));
    m_process.write(message.data(), qint64(message.size()));
    if (m_process.bytesToWrite() > kMaxUnreadBytes) giveUp(tr("it no longer reads what it is sent"));
    QTimer::singleShot(deadlineMs, this, [this, id] {
        if (m_calls.contains(id)) giveUp(tr("it did not answer"));
    });
}

void EngineConnection::giveUp(const QString& why) {
    if (m_why.isEmpty()) m_why = why;
    m_process.kill();
}

void EngineConnection::endQuietly() {
    disconnect(this, nullptr, nullptr, nullptr);
    m_calls.clear();
    if (m_gone || m_process.state() == QProcess::NotRunning) return deleteLater();
    connect(&m_process, &QProcess::finished, this, &QObject::deleteLater);
    call(method::kShutdown, Json::object(), kEndPatienceMs, [](const Result<Json>&) {});
    m_process.closeWriteChannel();
    QTimer::singleShot(kEndPatienceMs, &m_process, &QProcess::kill);
}

void EngineConnection::onOutput() {
    const QByteArray bytes = m_process.readAllStandardOutput();
    m_reader.append({bytes.constData(), std::size_t(bytes.size())});
    for (;;) {
        const auto body = m_reader.next();
        if (!body) {
            spdlog::warn("engine: {}", body.error().message);
            continue;
        }
        if (!body->has_value()) return;
        onMessage(**body);
    }
}

void EngineConnection::onMessage(const std::string& body) {
    const auto message = parseMessage(body);
    if (!message) return spdlog::warn("engine: {}", message.error().message);
    const Json empty = Json::object();
    const auto member = [&](const char* name) -> const Json& {
        const auto found = message->find(name);
        return found == message->end() ? empty : *found;
    };
    if (message->contains("method")) {
        if (member("method").is_string()) Q_EMIT notified(member("method").get<std::string>(), member("params"));
        return;
    }
    if (!member("id").is_number_integer()) return spdlog::warn("engine: an answer to no call: {:.200}", body);
    const auto call = m_calls.find(member("id").get<qint64>());
    if (call == m_calls.end()) return;
    const Answer answer = std::move(*call);
    m_calls.erase(call);
    if (!message->contains("error")) return answer(member("result"));
    const Json& error = member("error");
    std::string sentence = "The engine refused without saying why.";
    if (error.is_object() && error.contains("message") && error["message"].is_string()) sentence = error["message"];
    answer(Error{ErrorCode::InvalidArgument, std::move(sentence)});
}

void EngineConnection::onErrorOutput() {
    m_errorLine += m_process.readAllStandardError();
    for (qsizetype end; (end = m_errorLine.indexOf('\n')) >= 0 || m_errorLine.size() > kMaxLoggedLine;) {
        const qsizetype length = end < 0 ? qsizetype(kMaxLoggedLine) : end;
        spdlog::info("engine: {}", m_errorLine.left(length).toStdString());
        m_errorLine.remove(0, end < 0 ? length : length + 1);
    }
}

QString EngineConnection::whyGone() const {
    if (!m_why.isEmpty()) return m_why;
    if (!m_wasStarted) return tr("it could not be started");
    if (m_process.exitStatus() == QProcess::NormalExit) return tr("exit status %1").arg(m_process.exitCode());
    switch (m_process.exitCode()) { // the signal's number
    case SIGKILL: return tr("killed, perhaps for want of memory");
    case SIGSEGV:
    case SIGABRT:
    case SIGBUS:
    case SIGILL:
    case SIGFPE: return tr("it crashed");
    default: return tr("stopped by signal %1").arg(m_process.exitCode());
    }
}

void EngineConnection::onGone() {
    if (std::exchange(m_gone, true)) return;
    onOutput(); // its last words
    const QString why = whyGone();
    const auto calls = std::exchange(m_calls, {});
    for (const Answer& answer : calls) answer(Error{ErrorCode::Device, "The engine ended before it answered."});
    Q_EMIT ended(why);
}

} // namespace palimpsest
