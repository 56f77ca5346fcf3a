#include "engine/api/messages.h"
#include "engine/base/utf8.h"

#include <charconv>
#include <cmath>
#include <cstdlib>

namespace palimpsest {
namespace {

std::string text(const std::string& value) {
    return isValidUtf8(value) ? value : repairedUtf8(value);
}

double finite(double value) {
    return std::isfinite(value) ? value : 0.0;
}

// The double whose shortest decimal is the float's own, so that 0.3f is written 0.3.
double shortest(float value) {
    char digits[32];
    const auto end = std::to_chars(digits, digits + sizeof digits - 1, std::isfinite(value) ? value : 0.0f).ptr;
    *end = '\0';
    return std::strtod(digits, nullptr);
}

const char* stateLetter(PositionState state) {
    switch (state) {
    case PositionState::Absorbed: return "a";
    case PositionState::Moving: return "m";
    case PositionState::Committed: return "c";
    case PositionState::Locked: return "l";
    }
    return "a";
}

const char* kindName(DraftKind kind) {
    switch (kind) {
    case DraftKind::Continue: return "continue";
    case DraftKind::Infill: return "infill";
    case DraftKind::Rewrite: return "rewrite";
    }
    return "continue";
}

const char* outcomeName(DraftOutcome outcome) {
    switch (outcome) {
    case DraftOutcome::Done: return "done";
    case DraftOutcome::Stopped: return "stopped";
    case DraftOutcome::Failed: return "failed";
    }
    return "failed";
}

const char* stateName(ModelState::Kind kind) {
    switch (kind) {
    case ModelState::Kind::None: return "none";
    case ModelState::Kind::Loading: return "loading";
    case ModelState::Kind::Ready: return "ready";
    case ModelState::Kind::Failed: return "failed";
    }
    return "none";
}

Json tokensJson(const std::vector<StepToken>& tokens) {
    Json array = Json::array();
    for (const StepToken& token : tokens)
        array.push_back(Json::array({text(token.text), shortest(token.confidence), stateLetter(token.state)}));
    return array;
}

} // namespace

Json toJson(const DraftOptions& options) {
    return {{"tokens", options.tokens},
            {"block", options.block},
            {"steps", options.steps},
            {"verify", options.verify},
            {"temperature", finite(options.temperature)},
            {"top_p", finite(options.topP)},
            {"strength", finite(options.strength)},
            {"seed", options.seed},
            {"drafts", options.drafts}};
}

Json toJson(const DraftRequest& request) {
    Json locks = Json::array();
    for (const TextRange& lock : request.locks) locks.push_back(Json::array({lock.begin, lock.end}));
    return {{"id", text(request.id)},     {"kind", kindName(request.kind)},    {"notes", text(request.notes)},
            {"left", text(request.left)}, {"right", text(request.right)},      {"text", text(request.text)},
            {"locks", std::move(locks)},  {"options", toJson(request.options)}};
}

Json toJson(const DraftStep& step) {
    return {{"draft", text(step.draft)}, {"candidate", step.candidate}, {"index", step.index},
            {"expected", step.expected}, {"round", step.round},         {"tokens", tokensJson(step.tokens)}};
}

Json toJson(const DraftCandidate& candidate) {
    return {{"index", candidate.index},
            {"text", text(candidate.text)},
            {"seed", candidate.seed},
            {"agreement", finite(candidate.agreement)},
            {"join_cross_entropy", finite(candidate.joinCrossEntropy)},
            {"tokens", tokensJson(candidate.tokens)}};
}

Json toJson(const DraftStatistics& statistics) {
    return {{"tokens", statistics.tokens},
            {"steps", statistics.steps},
            {"rounds", statistics.rounds},
            {"seconds", finite(statistics.seconds)},
            {"tokens_per_step", finite(statistics.tokensPerStep)},
            {"tokens_per_round", finite(statistics.tokensPerRound)},
            {"first_step_ms", finite(statistics.firstStepMs)},
            {"peak_rss_mb", finite(statistics.peakRssMb)},
            {"device", text(statistics.device)},
            {"why", text(statistics.why)},
            {"model", text(statistics.model)},
            {"model_hash", text(statistics.modelHash)}};
}

Json toJson(const DraftEnd& end) {
    Json candidates = Json::array();
    for (const DraftCandidate& candidate : end.candidates) candidates.push_back(toJson(candidate));
    return {{"draft", text(end.draft)},
            {"outcome", outcomeName(end.outcome)},
            {"message", text(end.message)},
            {"candidates", std::move(candidates)},
            {"statistics", toJson(end.statistics)}};
}

Json toJson(const DraftLock& lock) {
    return {{"draft", text(lock.draft)},
            {"candidate", lock.candidate},
            {"first", lock.first},
            {"count", lock.count},
            {"locked", lock.locked}};
}

Json toJson(const DraftBranch& branch) {
    return {{"id", text(branch.id)},
            {"from", text(branch.from)},
            {"candidate", branch.candidate},
            {"step", branch.step},
            {"options", toJson(branch.options)}};
}

Json toJson(const ContextPreview& preview) {
    return {{"notes", preview.notes},
            {"before", preview.before},
            {"after", preview.after},
            {"dropped_notes", preview.droppedNotes},
            {"dropped_before", preview.droppedBefore},
            {"dropped_after", preview.droppedAfter},
            {"limit", preview.limit}};
}

Json toJson(const ModelInfo& model) {
    return {{"name", text(model.name)},       {"path", text(model.path)},
            {"family", text(model.family)},   {"layers", model.layers},
            {"width", model.width},           {"vocabulary", model.vocabulary},
            {"parameters", model.parameters}, {"denoiser_parameters", model.denoiserParameters},
            {"hash", text(model.hash)},       {"personal", text(model.personal)},
            {"strength", model.strength}};
}

Json toJson(const DeviceInfo& device) {
    return {{"device", text(device.device)},   {"why", text(device.why)},   {"dtype", text(device.dtype)},
            {"kernels", text(device.kernels)}, {"threads", device.threads}, {"memory_gb", finite(device.memoryGb)}};
}

Json toJson(const EngineInfo& info) {
    Json models = Json::array();
    for (const ModelInfo& model : info.models) models.push_back(toJson(model));
    Json json = {{"default_model", text(info.defaultModel)}, {"models", std::move(models)}};
    json.update(toJson(info.device));
    json["version"] = text(info.version);
    return json;
}

Json toJson(const ModelState& state) {
    return {{"state", stateName(state.kind)},
            {"message", text(state.message)},
            {"model", toJson(state.model)},
            {"device", toJson(state.device)}};
}

} // namespace palimpsest
