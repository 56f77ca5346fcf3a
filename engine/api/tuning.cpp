#include "engine/api/tuning.h"

#include "engine/api/json_fields.h"
#include "engine/base/utf8.h"

#include <cmath>

namespace palimpsest {
namespace {

constexpr std::size_t kNameBytes = 4096;
constexpr int kMany = 1 << 30;
constexpr std::array<const char*, 3> kReasons{"finished", "stopped", "failed"};

std::string valid(const std::string& text) {
    return isValidUtf8(text) ? text : repairedUtf8(text);
}

double finite(double value) {
    return std::isfinite(value) ? value : 0;
}

Json toJson(const HeldOutLoss& loss) {
    return {{"before", finite(loss.before)},
            {"now", finite(loss.now)},
            {"best", finite(loss.best)},
            {"best_step", loss.bestStep}};
}

void readHeldOut(JsonFields& fields, HeldOutLoss& out) {
    const Json* json = fields.member("held_out");
    if (!json) return;
    JsonFields own(*json, "held_out");
    own.number("before", out.before, 0, 1e6);
    own.number("now", out.now, 0, 1e6);
    own.number("best", out.best, 0, 1e6);
    own.integer64("best_step", out.bestStep);
    if (!own.ok()) fields.fail("held_out must hold before, now, best and best_step");
}

Result<TuningText> readText(const Json& json) {
    TuningText text;
    JsonFields fields(json, "text");
    fields.text("name", text.name, kNameBytes);
    fields.text("text", text.text, TuningLimits::kTextBytes, Need::Required);
    return fields.finish(std::move(text));
}

// An array of texts of at most `bytes` each.
void readStrings(JsonFields& fields, const char* key, std::size_t count, std::size_t bytes,
                 std::vector<std::string>& out) {
    fields.each(key, count, [&](const Json& json) -> Result<void> {
        if (!json.is_string() || json.get_ref<const std::string&>().size() > bytes)
            return Error{ErrorCode::InvalidArgument,
                         std::string(key) + " must be texts of at most " + std::to_string(bytes) + " bytes"};
        out.push_back(json.get<std::string>());
        return {};
    });
}

Result<TuningSample> readSample(const Json& json) {
    TuningSample sample;
    JsonFields fields(json, "sample");
    fields.text("prompt", sample.prompt, DraftLimits::kTextBytes);
    fields.text("text", sample.text, DraftLimits::kTextBytes);
    fields.boolean("held_out", sample.heldOut);
    fields.integer("verbatim_words", sample.verbatimWords, 0, kMany);
    fields.text("verbatim", sample.verbatim, DraftLimits::kTextBytes);
    return fields.finish(std::move(sample));
}

ErrorCode codeNamed(const std::string& name) {
    for (int code = 0; code < int(ErrorCode::Internal); ++code)
        if (name == errorCodeName(ErrorCode(code))) return ErrorCode(code);
    return ErrorCode::Internal;
}

void readVerbatim(JsonFields& fields, int& words, int& before, bool& warning) {
    fields.integer("verbatim_words", words, 0, kMany);
    fields.integer("verbatim_before", before, 0, kMany);
    fields.boolean("verbatim_warning", warning);
}

} // namespace

Json toJson(const TuningRequest& r) {
    Json texts = Json::array();
    for (const TuningText& text : r.texts) texts.push_back({{"name", valid(text.name)}, {"text", valid(text.text)}});
    return {{"model", r.model},
            {"texts", std::move(texts)},
            {"files", r.files},
            {"out", r.out},
            {"preset", kTuningPresets[std::size_t(r.preset)]},
            {"minutes", r.minutes},
            {"held_out_share", r.heldOutShare},
            {"strength", r.strength},
            {"seed", r.seed},
            {"canvas", r.canvas}};
}

Json toJson(const TuningEstimate& e) {
    return {{"step", e.step},
            {"steps", e.steps},
            {"seconds_per_step", finite(e.secondsPerStep)},
            {"minutes", finite(e.minutes)},
            {"memory_mb", finite(e.memoryMb)},
            {"words", e.words},
            {"held_out_words", e.heldOutWords},
            {"duplicate_words", e.duplicateWords}};
}

Json toJson(const TuningProgress& p) {
    Json samples = Json::array();
    for (const TuningSample& s : p.samples)
        samples.push_back({{"prompt", valid(s.prompt)},
                           {"text", valid(s.text)},
                           {"held_out", s.heldOut},
                           {"verbatim_words", s.verbatimWords},
                           {"verbatim", valid(s.verbatim)}});
    return {{"state", p.paused ? "paused" : "running"},
            {"step", p.step},
            {"of", p.steps},
            {"seconds_left", finite(p.secondsLeft)},
            {"loss", finite(p.loss)},
            {"tokens_per_second", finite(p.tokensPerSecond)},
            {"held_out", toJson(p.heldOut)},
            {"samples", std::move(samples)},
            {"verbatim_words", p.verbatimWords},
            {"verbatim_before", p.verbatimBefore},
            {"verbatim_warning", p.verbatimWarning}};
}

Json toJson(const TuningEnd& e) {
    const bool failed = e.reason == TuningReason::Failed;
    return {{"reason", kReasons[std::size_t(e.reason)]},
            {"message", failed ? valid(e.error.message) : std::string()},
            {"kind", failed ? errorCodeName(e.error.code) : ""},
            {"path", e.path},
            {"step", e.step},
            {"held_out", toJson(e.heldOut)},
            {"seconds", finite(e.seconds)},
            {"verbatim_words", e.verbatimWords},
            {"verbatim_before", e.verbatimBefore},
            {"verbatim_warning", e.verbatimWarning},
            {"peak_memory_mb", finite(e.peakMemoryMb)}};
}

Result<TuningRequest> tuningRequestFromJson(const Json& json) {
    TuningRequest request;
    JsonFields fields(json, "tuning");
    fields.text("model", request.model, kNameBytes);
    fields.each("texts", TuningLimits::kTexts, [&](const Json& element) -> Result<void> {
        Result<TuningText> text = readText(element);
        if (!text) return text.error();
        request.texts.push_back(std::move(*text));
        return {};
    });
    readStrings(fields, "files", TuningLimits::kTexts, kNameBytes, request.files);
    fields.text("out", request.out, kNameBytes, Need::Required);
    int preset = int(request.preset);
    fields.choice("preset", preset, {"quick", "balanced", "thorough"}, Need::Optional);
    request.preset = TuningPreset(preset);
    fields.number("minutes", request.minutes, 0, 1e5);
    fields.number("held_out_share", request.heldOutShare, TuningLimits::kLeastHeldOut, TuningLimits::kMostHeldOut);
    fields.number("strength", request.strength, 0, 1.5);
    fields.seed("seed", request.seed);
    readStrings(fields, "canvas", TuningLimits::kCanvas, DraftLimits::kTextBytes, request.canvas);
    if (fields.ok() && request.out.empty()) fields.fail("out must not be empty");
    if (fields.ok() && request.texts.empty() && request.files.empty()) fields.fail("there must be texts or files");
    return fields.finish(std::move(request));
}

Result<TuningEstimate> tuningEstimateFromJson(const Json& json) {
    TuningEstimate e;
    JsonFields fields(json, "estimate");
    fields.integer64("step", e.step);
    fields.integer64("steps", e.steps, Need::Required);
    fields.number("seconds_per_step", e.secondsPerStep, 0, 1e9);
    fields.number("minutes", e.minutes, 0, 1e9);
    fields.number("memory_mb", e.memoryMb, 0, 1e12);
    fields.integer64("words", e.words);
    fields.integer64("held_out_words", e.heldOutWords);
    fields.integer64("duplicate_words", e.duplicateWords);
    return fields.finish(e);
}

Result<TuningProgress> tuningProgressFromJson(const Json& json) {
    TuningProgress p;
    JsonFields fields(json, "progress");
    int state = 0;
    fields.choice("state", state, {"running", "paused"}, Need::Required);
    p.paused = state == 1;
    fields.integer64("step", p.step, Need::Required);
    fields.integer64("of", p.steps, Need::Required);
    fields.number("seconds_left", p.secondsLeft, 0, 1e12);
    fields.number("loss", p.loss, 0, 1e6);
    fields.number("tokens_per_second", p.tokensPerSecond, 0, 1e12);
    readHeldOut(fields, p.heldOut);
    fields.each("samples", TuningLimits::kCanvas, [&](const Json& element) -> Result<void> {
        Result<TuningSample> sample = readSample(element);
        if (!sample) return sample.error();
        p.samples.push_back(std::move(*sample));
        return {};
    });
    readVerbatim(fields, p.verbatimWords, p.verbatimBefore, p.verbatimWarning);
    return fields.finish(std::move(p));
}

Result<TuningEnd> tuningEndFromJson(const Json& json) {
    TuningEnd e;
    JsonFields fields(json, "end of a tuning");
    int reason = 0;
    fields.choice("reason", reason, {"finished", "stopped", "failed"}, Need::Required);
    e.reason = TuningReason(reason);
    fields.text("message", e.error.message, kNameBytes);
    std::string kind;
    fields.text("kind", kind, kNameBytes);
    e.error.code = codeNamed(kind);
    fields.text("path", e.path, kNameBytes);
    fields.integer64("step", e.step);
    readHeldOut(fields, e.heldOut);
    fields.number("seconds", e.seconds, 0, 1e12);
    readVerbatim(fields, e.verbatimWords, e.verbatimBefore, e.verbatimWarning);
    fields.number("peak_memory_mb", e.peakMemoryMb, 0, 1e12);
    return fields.finish(std::move(e));
}

} // namespace palimpsest
