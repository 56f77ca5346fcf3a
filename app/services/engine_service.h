// The engine process as the window sees it: `palimpsest-engine serve --stdio`, started, watched, started again.
//
// UI thread; nothing here waits. A killed or crashed engine ends its drafts (Failed, with a sentence) and nothing
// else; it is started again after kRestartDelayMs, doubled after each quick failure up to a minute.
#pragma once

#include "engine/api/draft.h"
#include "engine/api/messages.h"
#include "engine/api/model_info.h"
#include "engine/api/surprise.h"

#include <QObject>
#include <QString>
#include <functional>
#include <memory>

namespace palimpsest {

class EngineService : public QObject {
    Q_OBJECT
public:
    enum class State {
        Off,      // switched off by the writer: no process
        Starting, // process or model is loading
        Ready,
        Drafting,
        Failed, // not restarting by itself: no program, no model; sentence() says what to do
    };
    Q_ENUM(State)

    static constexpr int kRestartDelayMs = 500;

    // How long an engine may be silent before it is given up, killed and started again.
    struct Deadlines {
        int initializeMs = 30'000;
        int loadMs = 600'000;  // weights from a slow disk
        int answerMs = 30'000; // to a request; the drafts themselves may take as long as they like
        int stopMs = 30'000;   // from stopDraft() to the draft's end: one pass
    };

    // `program`: palimpsest-engine; empty = beside this executable. `arguments` replace "serve --stdio" (tests).
    explicit EngineService(QString program = {}, QStringList arguments = {}, QObject* parent = nullptr);
    void setDeadlines(const Deadlines& deadlines); // before start()
    ~EngineService() override;                     // asks the process to end, kills it if it does not

    void start();
    void stop(); // -> Off
    void loadModel(const QString& path);

    State state() const;
    QString sentence() const;       // what to show: "Engine ready", "The engine ended (killed); started again."
    const EngineInfo& info() const; // empty until Ready
    QString modelName() const;      // loaded

    // Starts a draft; its id must be new. Steps and exactly one end follow, also when the engine dies.
    void startDraft(const DraftRequest& request);
    void stopDraft(const QString& draft);
    void lockPositions(const DraftLock& lock);
    void branchDraft(const DraftBranch& branch);
    void previewContext(const DraftRequest& request, QObject* context,
                        std::function<void(Result<ContextPreview>)> done);
    // How surprising a text is to the base; comes after the drafts that wait. An older engine answers with an error.
    void surprise(const SurpriseRequest& request, QObject* context, std::function<void(Result<Surprise>)> done);
    // A hint while the writer rests: the engine reads what such a draft would see. Only when Ready; false = not sent,
    // because there is nobody to tell or the hint before was not yet answered. An engine that cannot ignores it.
    bool prepareContext(const DraftRequest& request);

Q_SIGNALS:
    void stateChanged();
    void restarted(const QString& why); // for the quiet bar
    void draftStepped(const palimpsest::DraftStep& step);
    void draftEnded(const palimpsest::DraftEnd& end);

private:
    struct Parts;
    std::unique_ptr<Parts> m_parts;
};

} // namespace palimpsest
