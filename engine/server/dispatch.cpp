#include "engine/server/dispatch.h"

#include "engine/api/json_fields.h"

namespace palimpsest {
namespace {

constexpr int kParseError = -32700, kInvalidRequest = -32600, kMethodNotFound = -32601;

Result<Json> answer(const Result<void>& done, Json value) {
    if (!done) return done.error();
    return value;
}

// An id of JSON-RPC: a string or number; null when the message has none that can be echoed.
Json idOf(const Json& message) {
    const auto found = message.find("id");
    const bool usable = found != message.end() && (found->is_string() || found->is_number());
    return usable ? *found : Json(nullptr);
}

bool startsWork(const std::string& name) {
    return name == method::kDraftStart || name == method::kDraftBranch || name == method::kModelLoad ||
           name == method::kModelUnload || name == method::kTrainStop;
}

bool isRequest(const Json& message) {
    const auto version = message.find("jsonrpc"), name = message.find("method");
    return version != message.end() && *version == "2.0" && name != message.end() && name->is_string();
}

} // namespace

Dispatch::Dispatch(const ServerParts& parts, Worker& worker, TuningProcess& tuning, Outbox& outbox)
    : m_parts(parts), m_worker(worker), m_tuning(tuning), m_outbox(outbox) {}

bool Dispatch::handle(const std::string& body) {
    const Result<Json> message = parseMessage(body);
    if (!message) {
        const int code = message.error().code == ErrorCode::Corrupt ? kParseError : kInvalidRequest;
        m_outbox.answer(rpcError(nullptr, code, message.error().message));
        return true;
    }
    const Json id = idOf(*message);
    if (!isRequest(*message)) {
        m_outbox.answer(rpcError(id, kInvalidRequest, "A request needs \"jsonrpc\": \"2.0\" and a method."));
        return true;
    }
    const std::string name = (*message)["method"];
    const auto params = message->find("params");
    if (name == method::kTrainStart && message->contains("id")) {
        const Result<void> started = startTraining(id, params == message->end() ? Json::object() : *params);
        if (!started) m_outbox.answer(rpcError(id, started.error()));
        return true;
    }
    const auto order = startsWork(name) ? m_outbox.hold() : std::unique_lock<std::mutex>();
    const Json given = params == message->end() || params->is_null() ? Json::object() : *params;
    if (name == method::kTextSurprise && message->contains("id")) {
        if (const Result<void> asked = surprise(id, given); !asked) m_outbox.answer(rpcError(id, asked.error()));
        return true;
    }
    const Result<Json> result = call(name, given);
    if (!message->contains("id")) return name != method::kShutdown; // a notification is never answered
    if (result)
        m_outbox.answer(rpcResult(id, *result));
    else if (result.error().code == ErrorCode::Unsupported)
        m_outbox.answer(rpcError(id, kMethodNotFound, result.error().message));
    else
        m_outbox.answer(rpcError(id, result.error()));
    return name != method::kShutdown;
}

Result<Json> Dispatch::call(const std::string& name, const Json& params) {
    if (!params.is_object()) return Error{ErrorCode::InvalidArgument, "The params must be an object."};
    if (name == method::kInitialize) return initialize();
    if (name == method::kModelList) return toJson(m_parts.installed());
    if (name == method::kModelLoad) return loadModel(params);
    if (name == method::kModelUnload) return answer(m_worker.unload(), Json::object());
    if (name == method::kDraftStart) return startDraft(params);
    if (name == method::kDraftBranch) return branchDraft(params);
    if (name == method::kDraftStop) return stopDraft(params);
    if (name == method::kDraftLock) return lockDraft(params);
    if (name == method::kContextPreview) return preview(params);
    if (name == method::kContextPrepare) return prepare(params);
    if (name == method::kTrainPause) return answer(m_tuning.pause(true), {{"state", "paused"}});
    if (name == method::kTrainResume) return answer(m_tuning.pause(false), {{"state", "running"}});
    if (name == method::kTrainStop) return answer(m_tuning.stop(), Json::object());
    if (name == method::kShutdown) return Json(nullptr);
    return Error{ErrorCode::Unsupported, "There is no method of this name; engine/protocol.md lists them."};
}

Json Dispatch::initialize() const {
    Json json = {{"protocol", kProtocolVersion}};
    json.update(toJson(m_parts.installed()));
    json["state"] = toJson(m_worker.state());
    return json;
}

Result<Json> Dispatch::startDraft(const Json& params) {
    Result<DraftRequest> request = draftRequestFromJson(params);
    if (!request) return request.error();
    const Json started = {{"draft", request->id}};
    return answer(m_worker.start(std::move(*request)), started);
}

Result<Json> Dispatch::branchDraft(const Json& params) {
    Result<DraftBranch> branch = draftBranchFromJson(params);
    if (!branch) return branch.error();
    const Json started = {{"draft", branch->id}};
    return answer(m_worker.branch(std::move(*branch)), started);
}

Result<Json> Dispatch::stopDraft(const Json& params) {
    std::string draft;
    JsonFields fields(params, "stop");
    fields.text("draft", draft, 128, Need::Required);
    if (!fields.ok()) return fields.error();
    return answer(m_worker.stop(draft), Json::object());
}

Result<Json> Dispatch::lockDraft(const Json& params) {
    const Result<DraftLock> lock = draftLockFromJson(params);
    if (!lock) return lock.error();
    return answer(m_worker.lock(*lock), Json::object());
}

Result<Json> Dispatch::loadModel(const Json& params) {
    EngineOptions options = m_parts.options;
    JsonFields fields(params, "load");
    fields.text("model", options.model, 4096);
    fields.text("device", options.device, 64);
    fields.text("dtype", options.dtype, 64);
    fields.integer("threads", options.threads, 0, 1024);
    fields.text("personal", options.personal, 4096);
    fields.number("strength", options.strength, 0, 1.5);
    if (!fields.ok()) return fields.error();
    return answer(m_worker.load(std::move(options)), Json::object());
}

Result<void> Dispatch::startTraining(const Json& id, const Json& params) {
    if (!params.is_object()) return Error{ErrorCode::InvalidArgument, "The params must be an object."};
    Result<TuningRequest> request = tuningRequestFromJson(params);
    if (!request) return request.error();
    if (request->model.empty()) request->model = m_worker.state().model.path;
    if (request->model.empty()) request->model = m_parts.options.model;
    const EngineOptions& own = m_parts.options;
    return m_tuning.start(id, *request, {"--threads", std::to_string(own.threads), "--device", own.device});
}

Result<Json> Dispatch::preview(const Json& params) {
    const Result<DraftRequest> request = draftRequestFromJson(params);
    if (!request) return request.error();
    const Result<ContextPreview> preview = m_worker.preview(*request);
    if (!preview) return preview.error();
    return toJson(*preview);
}

Result<void> Dispatch::surprise(const Json& id, const Json& params) {
    if (!params.is_object()) return Error{ErrorCode::InvalidArgument, "The params must be an object."};
    Result<SurpriseRequest> request = surpriseRequestFromJson(params);
    if (!request) return request.error();
    return m_worker.surprise(std::move(*request), [id, &outbox = m_outbox](const Result<Surprise>& surprise) {
        outbox.answer(surprise ? rpcResult(id, toJson(*surprise)) : rpcError(id, surprise.error()));
    });
}

Result<Json> Dispatch::prepare(const Json& params) {
    Result<DraftRequest> request = draftRequestFromJson(params);
    if (!request) return request.error();
    m_worker.prepare(std::move(*request));
    return Json::object();
}

} // namespace palimpsest
