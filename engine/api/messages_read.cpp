#include "engine/api/json_fields.h"
#include "engine/base/utf8.h"

namespace palimpsest {
namespace {

constexpr std::size_t kIdBytes = 128, kNameBytes = 4096;
constexpr int kMany = 1 << 30; // counts that have no bound of their own

void readId(JsonFields& fields, const char* key, std::string& out) {
    fields.text(key, out, kIdBytes, Need::Required);
    if (out.empty()) fields.fail(std::string(key) + " must not be empty");
}

Result<StepToken> readToken(const Json& json) {
    const Error malformed{ErrorCode::InvalidArgument, "a token must be [text, confidence, \"a|m|c|l\"]"};
    if (!json.is_array() || json.size() != 3 || !json[0].is_string() || !json[1].is_number() || !json[2].is_string())
        return malformed;
    StepToken token;
    token.text = json[0].get<std::string>();
    token.confidence = json[1].get<float>();
    const std::size_t state = std::string_view("amcl").find(json[2].get_ref<const std::string&>());
    if (json[2].get_ref<const std::string&>().size() != 1 || state == std::string_view::npos) return malformed;
    if (!(token.confidence >= 0 && token.confidence <= 1) || token.text.size() > kNameBytes || !isValidUtf8(token.text))
        return malformed;
    token.state = PositionState(state);
    return token;
}

void readTokens(JsonFields& fields, std::vector<StepToken>& out) {
    // A draft may go on to the end of its sentence.
    fields.each("tokens", 2 * DraftLimits::kTokens, [&](const Json& json) -> Result<void> {
        Result<StepToken> token = readToken(json);
        if (!token) return token.error();
        out.push_back(std::move(*token));
        return {};
    });
}

Result<TextRange> readLock(const Json& json, const std::string& text, std::size_t from) {
    if (!json.is_array() || json.size() != 2 || !json[0].is_number_unsigned() || !json[1].is_number_unsigned())
        return Error{ErrorCode::InvalidArgument, "a lock must be [begin, end] in bytes"};
    const TextRange lock{json[0].get<std::size_t>(), json[1].get<std::size_t>()};
    if (lock.begin < from || lock.begin >= lock.end || lock.end > text.size())
        return Error{ErrorCode::InvalidArgument, "locks must be sorted, disjoint, not empty and within the text"};
    if (!isCharacterBoundary(text, lock.begin) || !isCharacterBoundary(text, lock.end))
        return Error{ErrorCode::InvalidArgument, "a lock must begin and end between two characters"};
    return lock;
}

Result<DraftCandidate> readCandidate(const Json& json) {
    DraftCandidate candidate;
    JsonFields fields(json, "candidate");
    fields.integer("index", candidate.index, 0, kMany);
    fields.text("text", candidate.text, DraftLimits::kTextBytes, Need::Required);
    fields.seed("seed", candidate.seed);
    fields.number("agreement", candidate.agreement, 0, 1);
    fields.number("join_cross_entropy", candidate.joinCrossEntropy, 0, 1e6);
    readTokens(fields, candidate.tokens);
    return fields.finish(std::move(candidate));
}

Result<DraftStatistics> readStatistics(const Json& json) {
    DraftStatistics s;
    JsonFields fields(json, "statistics");
    fields.integer("tokens", s.tokens, 0, kMany);
    fields.integer("steps", s.steps, 0, kMany);
    fields.integer("rounds", s.rounds, 0, kMany);
    fields.number("seconds", s.seconds, 0, 1e9);
    fields.number("tokens_per_step", s.tokensPerStep, 0, 1e9);
    fields.number("tokens_per_round", s.tokensPerRound, 0, 1e9);
    fields.number("first_step_ms", s.firstStepMs, 0, 1e12);
    fields.number("peak_rss_mb", s.peakRssMb, 0, 1e12);
    fields.text("device", s.device, kNameBytes);
    fields.text("why", s.why, kNameBytes);
    fields.text("model", s.model, kNameBytes);
    fields.text("model_hash", s.modelHash, kNameBytes);
    return fields.finish(std::move(s));
}

// Reads the member `key` with `read` into `out`; absent, it stays as it is.
template<class T>
void readMember(JsonFields& fields, const char* key, Result<T> (*read)(const Json&), T& out) {
    const Json* json = fields.member(key);
    if (!json) return;
    Result<T> value = read(*json);
    if (!value) {
        std::string problem = value.error().message;
        problem.pop_back(); // its full stop: fail() and error() make the sentence
        return fields.fail(problem);
    }
    out = std::move(*value);
}

} // namespace

Result<DraftOptions> draftOptionsFromJson(const Json& json) {
    DraftOptions options;
    JsonFields fields(json, "options");
    fields.integer("tokens", options.tokens, 1, DraftLimits::kTokens);
    fields.integer("block", options.block, 0, DraftLimits::kBlock);
    fields.integer("steps", options.steps, 0, DraftLimits::kSteps);
    fields.boolean("verify", options.verify);
    fields.number("temperature", options.temperature, 0, 2);
    fields.number("top_p", options.topP, 0, 1);
    if (options.topP <= 0) fields.fail("top_p must be above 0");
    fields.number("strength", options.strength, 0, 1);
    fields.seed("seed", options.seed);
    fields.integer("drafts", options.drafts, 1, DraftLimits::kDrafts);
    return fields.finish(options);
}

Result<DraftRequest> draftRequestFromJson(const Json& json) {
    DraftRequest request;
    JsonFields fields(json, "draft");
    readId(fields, "id", request.id);
    int kind = 0;
    fields.choice("kind", kind, {"continue", "infill", "rewrite"}, Need::Required);
    request.kind = DraftKind(kind);
    fields.text("notes", request.notes, DraftLimits::kTextBytes);
    fields.text("left", request.left, DraftLimits::kTextBytes);
    fields.text("right", request.right, DraftLimits::kTextBytes);
    fields.text("text", request.text, DraftLimits::kTextBytes);
    fields.each("locks", DraftLimits::kTextBytes, [&](const Json& element) -> Result<void> {
        const Result<TextRange> lock =
            readLock(element, request.text, request.locks.empty() ? 0 : request.locks.back().end);
        if (!lock) return lock.error();
        request.locks.push_back(*lock);
        return {};
    });
    readMember(fields, "options", draftOptionsFromJson, request.options);
    return fields.finish(std::move(request));
}

Result<DraftStep> draftStepFromJson(const Json& json) {
    DraftStep step;
    JsonFields fields(json, "step");
    readId(fields, "draft", step.draft);
    fields.integer("candidate", step.candidate, 0, kMany);
    fields.integer("index", step.index, 0, kMany);
    fields.integer("expected", step.expected, 0, kMany);
    fields.integer("round", step.round, 0, kMany);
    readTokens(fields, step.tokens);
    return fields.finish(std::move(step));
}

Result<DraftEnd> draftEndFromJson(const Json& json) {
    DraftEnd end;
    JsonFields fields(json, "end of a draft");
    readId(fields, "draft", end.draft);
    int outcome = 0;
    fields.choice("outcome", outcome, {"done", "stopped", "failed"}, Need::Required);
    end.outcome = DraftOutcome(outcome);
    fields.text("message", end.message, kNameBytes);
    fields.each("candidates", 4 * DraftLimits::kDrafts, [&](const Json& element) -> Result<void> {
        Result<DraftCandidate> candidate = readCandidate(element);
        if (!candidate) return candidate.error();
        end.candidates.push_back(std::move(*candidate));
        return {};
    });
    readMember(fields, "statistics", readStatistics, end.statistics);
    return fields.finish(std::move(end));
}

Result<DraftLock> draftLockFromJson(const Json& json) {
    DraftLock lock;
    JsonFields fields(json, "lock");
    readId(fields, "draft", lock.draft);
    fields.integer("candidate", lock.candidate, 0, kMany);
    fields.integer("first", lock.first, 0, 2 * DraftLimits::kTokens, Need::Required);
    fields.integer("count", lock.count, 1, 2 * DraftLimits::kTokens);
    fields.boolean("locked", lock.locked);
    return fields.finish(std::move(lock));
}

Result<DraftBranch> draftBranchFromJson(const Json& json) {
    DraftBranch branch;
    JsonFields fields(json, "branch");
    readId(fields, "id", branch.id);
    readId(fields, "from", branch.from);
    fields.integer("candidate", branch.candidate, 0, kMany);
    fields.integer("step", branch.step, 0, kMany, Need::Required);
    readMember(fields, "options", draftOptionsFromJson, branch.options);
    return fields.finish(std::move(branch));
}

Result<ContextPreview> contextPreviewFromJson(const Json& json) {
    ContextPreview preview;
    JsonFields fields(json, "preview");
    fields.integer("notes", preview.notes, 0, kMany);
    fields.integer("before", preview.before, 0, kMany);
    fields.integer("after", preview.after, 0, kMany);
    fields.integer("dropped_notes", preview.droppedNotes, 0, kMany);
    fields.integer("dropped_before", preview.droppedBefore, 0, kMany);
    fields.integer("dropped_after", preview.droppedAfter, 0, kMany);
    fields.integer("limit", preview.limit, 0, kMany);
    return fields.finish(std::move(preview));
}

Result<ModelInfo> modelInfoFromJson(const Json& json) {
    ModelInfo model;
    JsonFields fields(json, "model");
    fields.text("name", model.name, kNameBytes);
    fields.text("path", model.path, kNameBytes);
    fields.text("family", model.family, kNameBytes);
    fields.integer("layers", model.layers, 0, kMany);
    fields.integer("width", model.width, 0, kMany);
    fields.integer("vocabulary", model.vocabulary, 0, kMany);
    fields.integer64("parameters", model.parameters);
    fields.integer64("denoiser_parameters", model.denoiserParameters);
    fields.text("hash", model.hash, kNameBytes);
    fields.text("personal", model.personal, kNameBytes);
    fields.number("strength", model.strength, 0, 1.5);
    return fields.finish(std::move(model));
}

Result<DeviceInfo> deviceInfoFromJson(const Json& json) {
    DeviceInfo device;
    JsonFields fields(json, "device");
    fields.text("device", device.device, kNameBytes);
    fields.text("why", device.why, kNameBytes);
    fields.text("dtype", device.dtype, kNameBytes);
    fields.text("kernels", device.kernels, kNameBytes);
    fields.integer("threads", device.threads, 0, kMany);
    fields.number("memory_gb", device.memoryGb, 0, 1e9);
    return fields.finish(std::move(device));
}

Result<EngineInfo> engineInfoFromJson(const Json& json) {
    EngineInfo info;
    JsonFields fields(json, "engine");
    fields.text("default_model", info.defaultModel, kNameBytes);
    fields.text("version", info.version, kNameBytes);
    fields.each("models", kMaxModels, [&](const Json& element) -> Result<void> {
        Result<ModelInfo> model = modelInfoFromJson(element);
        if (!model) return model.error();
        info.models.push_back(std::move(*model));
        return {};
    });
    if (!fields.ok()) return fields.error();
    Result<DeviceInfo> device = deviceInfoFromJson(json); // its members lie beside these
    if (!device) return device.error();
    info.device = std::move(*device);
    return info;
}

Result<ModelState> modelStateFromJson(const Json& json) {
    ModelState state;
    JsonFields fields(json, "model state");
    int kind = 0;
    fields.choice("state", kind, {"none", "loading", "ready", "failed"}, Need::Required);
    state.kind = ModelState::Kind(kind);
    fields.text("message", state.message, kNameBytes);
    readMember(fields, "model", modelInfoFromJson, state.model);
    readMember(fields, "device", deviceInfoFromJson, state.device);
    return fields.finish(std::move(state));
}

} // namespace palimpsest
