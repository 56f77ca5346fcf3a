#include "app/services/engine_service_parts.h"

#include "engine/base/paths.h"

#include <algorithm>
#include <spdlog/spdlog.h>
#include <utility>

namespace palimpsest {
namespace {

constexpr int kLongestRestartDelayMs = 60'000;
constexpr int kStartsInVain = 3;        // after so many in a row the writer is told that waiting will not help
constexpr int kHealthyAfterMs = 30'000; // an engine that lived this long starts with the shortest delay again

DraftEnd endOf(const std::string& draft, DraftOutcome outcome, const QString& message) {
    DraftEnd end;
    end.draft = draft;
    end.outcome = outcome;
    if (outcome == DraftOutcome::Failed) end.message = message.toStdString();
    return end;
}

QString sentenceOf(const Error& error) {
    return QString::fromStdString(error.message);
}

} // namespace

void EngineService::Parts::setState(State next, const QString& text) {
    if (state == next && sentence == text) return;
    state = next;
    sentence = text;
    Q_EMIT service.stateChanged();
}

void EngineService::Parts::launch() {
    restart.stop();
    preparing = false;
    QString file = program;
    if (file.isEmpty()) file = QString::fromStdString((executableFolder() / "palimpsest-engine").string());
    connection = new EngineConnection(file, arguments, &service);
    QObject::connect(connection, &EngineConnection::notified, &service,
                     [this](const std::string& method, const Json& params) { onNotified(method, params); });
    QObject::connect(connection, &EngineConnection::ended, &service, [this](const QString& why) { onEnded(why); });
    alive.start();
    connection->start();
    const Json params = {{"protocol", kProtocolVersion}, {"client", "palimpsest " PALIMPSEST_VERSION}};
    connection->call(method::kInitialize, params, deadlines.initializeMs,
                     [this](const Result<Json>& answer) { onInitialized(answer); });
}

void EngineService::Parts::dropConnection() {
    if (connection) std::exchange(connection, nullptr)->endQuietly();
}

void EngineService::Parts::fail(const QString& why) {
    dropConnection();
    restart.stop();
    setState(State::Failed, why);
    finishAll(DraftOutcome::Failed, why);
}

void EngineService::Parts::onInitialized(const Result<Json>& answer) {
    if (!answer) {
        if (answer.error().code != ErrorCode::Device) fail(sentenceOf(answer.error()));
        return; // onEnded() starts it again
    }
    const auto version = answer->find("protocol");
    if (version == answer->end() || *version != kProtocolVersion)
        return fail(tr("The engine beside the program is of another version: run installer/run to build both anew."));
    auto read = engineInfoFromJson(*answer);
    if (!read) return fail(tr("The engine could not say what it is: %1").arg(sentenceOf(read.error())));
    info = std::move(*read);
    load();
}

void EngineService::Parts::load() {
    loadingModel = wantedModel;
    const std::string path = wantedModel.isEmpty() ? info.defaultModel : wantedModel.toStdString();
    if (path.empty())
        return fail(
            tr("No model is installed: run installer/run once, or palimpsest-engine import for one of your own."));
    setState(State::Starting, tr("The model is being loaded."));
    connection->call(method::kModelLoad, {{"model", path}}, deadlines.answerMs, [this](const Result<Json>& answer) {
        if (!answer && answer.error().code != ErrorCode::Device) fail(sentenceOf(answer.error()));
    }); // model/state says how it goes
    QTimer::singleShot(deadlines.loadMs, connection, [this] {
        if (state == State::Starting && connection) connection->giveUp(tr("it did not load the model"));
    });
}

void EngineService::Parts::onModelState(const Json& params) {
    const auto model = modelStateFromJson(params);
    if (!model) return spdlog::warn("engine: {}", model.error().message);
    if (model->kind == ModelState::Kind::Failed) return fail(QString::fromStdString(model->message));
    if (model->kind == ModelState::Kind::Ready) onReady(*model);
}

void EngineService::Parts::onReady(const ModelState& model) {
    if (wantedModel != loadingModel) return load(); // the writer chose another one meanwhile
    info.device = model.device;
    modelName = QString::fromStdString(model.model.name);
    startsInVain = 0;
    if (state != State::Starting) return;
    setState(State::Ready, tr("Engine ready"));
    if (!restartedAfter.isEmpty())
        Q_EMIT service.restarted(
            tr("The engine ended (%1); it was started again.").arg(std::exchange(restartedAfter, {})));
    std::vector<std::string> waiting;
    for (const auto& [id, draft] : drafts)
        if (!draft.sent) waiting.push_back(id);
    for (const std::string& id : waiting) send(id);
    showDrafting();
}

void EngineService::Parts::onNotified(const std::string& method, const Json& params) {
    if (method == method::kDraftStep) {
        const auto step = draftStepFromJson(params);
        if (!step) return spdlog::warn("engine: {}", step.error().message);
        const auto draft = drafts.find(step->draft);
        if (draft == drafts.end()) return; // ended already
        draft->second.stepped = true;
        Q_EMIT service.draftStepped(*step);
    } else if (method == method::kDraftEnded) {
        onDraftEnded(params);
    } else if (method == method::kModelState) {
        onModelState(params);
    } else if (method == method::kLog) {
        spdlog::info("engine: {:.2000}", writeMessage(params));
    }
}

void EngineService::Parts::onDraftEnded(const Json& params) {
    auto end = draftEndFromJson(params);
    if (end) return finish(std::move(*end));
    spdlog::warn("engine: {}", end.error().message);
    const auto id = params.is_object() ? params.find("draft") : params.end();
    if (id != params.end() && id->is_string())
        finish(endOf(*id, DraftOutcome::Failed, tr("The engine's answer could not be read: draft once more.")));
}

void EngineService::Parts::onEnded(const QString& why) {
    const bool missing = !connection->wasStarted();
    std::exchange(connection, nullptr)->deleteLater();
    if (missing)
        return fail(tr("The program palimpsest-engine is not beside this one: run installer/run to build it."));
    spdlog::warn("the engine ended ({})", why.toStdString());
    if (alive.elapsed() >= kHealthyAfterMs) restartDelayMs = kRestartDelayMs;
    restartedAfter = why;
    restart.start(restartDelayMs);
    restartDelayMs = std::min(2 * restartDelayMs, kLongestRestartDelayMs);
    ++startsInVain;
    setState(State::Starting,
             (startsInVain < kStartsInVain
                  ? tr("The engine ended (%1); it is being started again.")
                  : tr("The engine ends each time before it is ready (%1): run installer/run to build it anew. It "
                       "is tried again now and then."))
                 .arg(why));
    finishAll(DraftOutcome::Failed, tr("The engine ended (%1).").arg(why));
}

void EngineService::Parts::add(const std::string& id, RunningDraft draft) {
    const auto refuse = [&](const QString& why) { finishLater(endOf(id, DraftOutcome::Failed, why)); };
    if (state == State::Off) return refuse(tr("The model is switched off: switch it on to draft."));
    if (state == State::Failed) return refuse(sentence);
    if (!drafts.emplace(id, std::move(draft)).second) return; // the one that runs has its own end
    if (state == State::Starting) return;
    send(id);
    showDrafting();
}

void EngineService::Parts::send(const std::string& id) {
    const auto found = drafts.find(id);
    if (found == drafts.end() || !connection) return; // a listener stopped the draft or the engine
    RunningDraft& draft = found->second;
    draft.sent = true;
    const char* name = draft.isBranch ? method::kDraftBranch : method::kDraftStart;
    Json params = draft.isBranch ? toJson(draft.branch) : toJson(draft.request);
    draft.request = {};
    connection->call(name, std::move(params), deadlines.answerMs, [this, id](const Result<Json>& answer) {
        if (!answer && answer.error().code != ErrorCode::Device)
            finish(endOf(id, DraftOutcome::Failed, sentenceOf(answer.error())));
    });
}

void EngineService::Parts::finish(DraftEnd end) {
    if (drafts.erase(end.draft) == 0) return; // told before
    showDrafting();
    Q_EMIT service.draftEnded(end);
}

void EngineService::Parts::finishAll(DraftOutcome outcome, const QString& message) {
    const auto ending = std::exchange(drafts, {});
    for (const auto& [id, draft] : ending)
        Q_EMIT service.draftEnded(endOf(id, draft.stopping ? DraftOutcome::Stopped : outcome, message));
}

void EngineService::Parts::finishLater(DraftEnd end) {
    QMetaObject::invokeMethod(
        &service, [this, end = std::move(end)] { Q_EMIT service.draftEnded(end); }, Qt::QueuedConnection);
}

void EngineService::Parts::showDrafting() {
    if (state != State::Ready && state != State::Drafting) return;
    if (drafts.empty())
        setState(State::Ready, tr("Engine ready"));
    else
        setState(State::Drafting, tr("Drafting"));
}

EngineService::EngineService(QString program, QStringList arguments, QObject* parent)
    : QObject(parent), m_parts(std::make_unique<Parts>(*this)) {
    m_parts->program = std::move(program);
    m_parts->arguments =
        arguments.isEmpty() ? QStringList{QStringLiteral("serve"), QStringLiteral("--stdio")} : std::move(arguments);
    m_parts->restart.setSingleShot(true);
    connect(&m_parts->restart, &QTimer::timeout, this, [this] { m_parts->launch(); });
}

EngineService::~EngineService() {
    if (m_parts->connection) m_parts->connection->disconnect(this);
    qDeleteAll(findChildren<EngineConnection*>(Qt::FindDirectChildrenOnly));
}

void EngineService::setDeadlines(const Deadlines& deadlines) {
    m_parts->deadlines = deadlines;
}

void EngineService::start() {
    if (m_parts->state != State::Off && m_parts->state != State::Failed) return;
    m_parts->restartDelayMs = kRestartDelayMs;
    m_parts->startsInVain = 0;
    m_parts->restartedAfter.clear();
    m_parts->setState(State::Starting, tr("The engine is being started."));
    m_parts->launch();
}

void EngineService::stop() {
    m_parts->dropConnection();
    m_parts->restart.stop();
    m_parts->setState(State::Off, tr("The model is switched off."));
    m_parts->finishAll(DraftOutcome::Stopped, {});
}

void EngineService::loadModel(const QString& path) {
    m_parts->wantedModel = path;
    if (m_parts->state == State::Failed) return start();
    if (m_parts->state == State::Ready || m_parts->state == State::Drafting) m_parts->load();
}

EngineService::State EngineService::state() const {
    return m_parts->state;
}

QString EngineService::sentence() const {
    return m_parts->sentence;
}

const EngineInfo& EngineService::info() const {
    return m_parts->info;
}

QString EngineService::modelName() const {
    return m_parts->modelName;
}

void EngineService::startDraft(const DraftRequest& request) {
    RunningDraft draft;
    draft.request = request;
    m_parts->add(request.id, std::move(draft));
}

void EngineService::branchDraft(const DraftBranch& branch) {
    RunningDraft draft;
    draft.branch = branch;
    draft.isBranch = true;
    m_parts->add(branch.id, std::move(draft));
}

void EngineService::stopDraft(const QString& draft) {
    const std::string id = draft.toStdString();
    const auto found = m_parts->drafts.find(id);
    if (found == m_parts->drafts.end() || std::exchange(found->second.stopping, true)) return;
    const bool sent = found->second.sent;
    if (sent)
        m_parts->connection->call(method::kDraftStop, {{"draft", id}}, m_parts->deadlines.answerMs,
                                  [](const Result<Json>&) {}); // what matters is the draft's end
    const bool waits = !found->second.stepped && m_parts->drafts.size() > 1;
    if (!sent || waits) { // behind another draft its own end may be long in coming
        m_parts->drafts.erase(found);
        m_parts->showDrafting();
        return m_parts->finishLater(endOf(id, DraftOutcome::Stopped, {}));
    }
    QTimer::singleShot(m_parts->deadlines.stopMs, m_parts->connection, [this, id] {
        if (m_parts->drafts.count(id) != 0 && m_parts->connection) m_parts->connection->giveUp(tr("it did not stop"));
    });
}

void EngineService::lockPositions(const DraftLock& lock) {
    const auto found = m_parts->drafts.find(lock.draft);
    if (found == m_parts->drafts.end() || !found->second.sent) return;
    m_parts->connection->call(method::kDraftLock, toJson(lock), m_parts->deadlines.answerMs,
                              [](const Result<Json>&) {});
}

} // namespace palimpsest
