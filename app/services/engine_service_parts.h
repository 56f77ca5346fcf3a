// Inside of EngineService, shared by its source files.
#pragma once

#include "app/services/engine_connection.h"
#include "app/services/engine_service.h"

#include <QElapsedTimer>
#include <QPointer>
#include <QTimer>
#include <map>

namespace palimpsest {

struct RunningDraft {
    DraftRequest request; // kept until it is sent
    DraftBranch branch;
    bool isBranch = false;
    bool sent = false;
    bool stepped = false; // the engine is at work on it
    bool stopping = false;
};

struct EngineService::Parts {
    explicit Parts(EngineService& owner) : service(owner) {}

    EngineService& service;
    QString program;
    QStringList arguments;
    Deadlines deadlines;
    State state = State::Off;
    QString sentence;
    EngineInfo info;
    QString modelName;
    QString wantedModel;                    // empty: the engine's default
    QString loadingModel;                   // the one last asked for
    EngineConnection* connection = nullptr; // a child of the service
    std::map<std::string, RunningDraft> drafts;
    QTimer restart;
    int restartDelayMs = kRestartDelayMs;
    int startsInVain = 0; // in a row: ended before a model was ready
    QElapsedTimer alive;
    QString restartedAfter; // why the last process ended; told when the next one is ready
    bool preparing = false; // a hint is not yet answered

    void setState(State next, const QString& text);
    void launch();
    void fail(const QString& why);
    void dropConnection();
    void onInitialized(const Result<Json>& answer);
    void load();
    void onModelState(const Json& params);
    void onReady(const ModelState& model);
    void onNotified(const std::string& method, const Json& params);
    void onDraftEnded(const Json& params);
    void onEnded(const QString& why);

    void add(const std::string& id, RunningDraft draft);
    void send(const std::string& id);
    void finish(DraftEnd end);
    void finishAll(DraftOutcome outcome, const QString& message);
    void finishLater(DraftEnd end);
    void showDrafting();
    template<class T>
    void ask(const char* method, Json params, int deadlineMs, QObject* context, Result<T> (*read)(const Json&),
             std::function<void(Result<T>)> done);
};

} // namespace palimpsest
