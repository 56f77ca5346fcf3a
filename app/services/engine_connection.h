// One run of the engine process: JSON-RPC calls to it and notifications from it, until it ends.
//
// UI thread; nothing waits but the destructor, which kills. Made anew for every start, so nothing of an earlier
// process can be mistaken for the present one's.
#pragma once

#include "engine/api/framing.h"
#include "engine/api/messages.h"

#include <QHash>
#include <QObject>
#include <QProcess>
#include <functional>

namespace palimpsest {

class EngineConnection : public QObject {
    Q_OBJECT
public:
    using Answer = std::function<void(Result<Json>)>;

    EngineConnection(const QString& program, const QStringList& arguments, QObject* parent);
    ~EngineConnection() override;

    void start(); // -> ended() when there is nothing to start

    // `answer` is called exactly once: with the result, the engine's error, or, when the process ends first, an error
    // of code Device. An engine that does not answer within `deadlineMs` is given up.
    void call(const char* method, Json params, int deadlineMs, Answer answer);

    // Kills the process, which hangs or talks nonsense; ended(`why`) follows.
    void giveUp(const QString& why);

    // Asks the process to end, and kills it after a while; then deletes this. No more signals.
    void endQuietly();

    bool wasStarted() const { return m_wasStarted; }

Q_SIGNALS:
    void notified(const std::string& method, const palimpsest::Json& params);
    // Exactly once. `why` completes "The engine ended (…)"; open calls have been answered.
    void ended(const QString& why);

private:
    void onOutput();
    void onMessage(const std::string& body);
    void onErrorOutput();
    void onGone();
    QString whyGone() const;

    QProcess m_process;
    FrameReader m_reader;
    QHash<qint64, Answer> m_calls;
    qint64 m_nextId = 1;
    QString m_why;
    QByteArray m_errorLine; // of standard error, not yet complete
    bool m_wasStarted = false;
    bool m_gone = false;
};

} // namespace palimpsest
