// One message body: refused with a sentence, or values within their ranges that come back from writing as they were.
#include "engine/api/messages.h"
#include "engine/api/surprise.h"
#include "engine/api/tuning.h"
#include "engine/base/utf8.h"
#include "tests/fuzz/fuzz.h"

namespace palimpsest::fuzz {
namespace {

// As it would come over the wire once more.
Json sent(const Json& json) {
    const std::string body = writeMessage(json);
    require(isValidUtf8(body), "what is written is valid UTF-8");
    auto back = parseMessage(body);
    require(back.ok(), "what is written can be parsed");
    return *std::move(back);
}

template<class T>
void readAs(const Json& json, Result<T> (*fromJson)(const Json&)) {
    const Result<T> value = fromJson(json);
    if (!value) {
        require(value.error().message.size() > 1 && isValidUtf8(value.error().message), "an error says what is wrong");
        (void)writeMessage(rpcError(Json(1), value.error()));
        return;
    }
    const Json written = toJson(*value);
    const Result<T> again = fromJson(sent(written));
    require(again.ok(), "what is written can be read");
    require(toJson(*again) == written, "nothing is lost in writing");
}

void readAsEverything(const Json& json) {
    readAs(json, draftOptionsFromJson);
    readAs(json, draftRequestFromJson);
    readAs(json, draftStepFromJson);
    readAs(json, draftEndFromJson);
    readAs(json, draftLockFromJson);
    readAs(json, draftBranchFromJson);
    readAs(json, contextPreviewFromJson);
    readAs(json, modelInfoFromJson);
    readAs(json, deviceInfoFromJson);
    readAs(json, engineInfoFromJson);
    readAs(json, modelStateFromJson);
    readAs(json, surpriseRequestFromJson);
    readAs(json, surpriseFromJson);
    readAs(json, tuningRequestFromJson);
    readAs(json, tuningEstimateFromJson);
    readAs(json, tuningProgressFromJson);
    readAs(json, tuningEndFromJson);
}

void readAll(std::string_view bytes) {
    const auto message = parseMessage(std::string(bytes));
    if (!message) return require(!message.error().message.empty(), "an error says what is wrong");
    (void)sent(*message);
    readAsEverything(*message);
    for (const char* part : {"params", "result", "id"})
        if (const auto found = message->find(part); found != message->end()) readAsEverything(*found);
}

DraftRequest request() {
    DraftRequest made;
    made.id = "d-1";
    made.kind = DraftKind::Rewrite;
    made.notes = "M\xC3\xA4rta";
    made.left = "left \"quoted\"\n";
    made.text = "\xC3\xA4 mask\xE2\x80\x94"
                "but";
    made.locks = {{0, 2}, {3, 7}};
    made.options = {100, 16, 3, false, 1.25, 0.9, 0.7, ~std::uint64_t(0), 8};
    return made;
}

DraftEnd ending() {
    const std::vector<StepToken> tokens{{"The", 0.3f, PositionState::Committed}, {"", 0, PositionState::Absorbed}};
    DraftEnd end{"d", DraftOutcome::Stopped, "why", {{1, "text", tokens, 99, 0.5, 3.25}}, {}};
    end.statistics.firstStepMs = 1.5;
    return end;
}

TuningRequest tuning() {
    TuningRequest made;
    made.texts = {{"a scene", "M\xC3\xA4rta said nothing."}};
    made.files = {"/a.txt"};
    made.out = "/mine";
    made.preset = TuningPreset::Thorough;
    made.minutes = 2.5;
    made.canvas = {"prompt"};
    return made;
}

TuningProgress learning() {
    TuningProgress made;
    made.step = 7;
    made.steps = 30;
    made.loss = 3.5;
    made.heldOut = {3.9, 3.7, 3.6, 5};
    made.samples = {{"prompt", "text", true, 4, "four words in it"}};
    return made;
}

TuningEnd learnt() {
    TuningEnd made;
    made.reason = TuningReason::Failed;
    made.error = {ErrorCode::Full, "The disk is full."};
    made.step = 9;
    return made;
}

} // namespace

Plan plan() {
    const DraftStep step{"d", 2, 7,
                         30,  3, {{" sea", 0.1234567f, PositionState::Moving}, {"x", 1, PositionState::Locked}}};
    const EngineInfo info{
        "0.1", "/m", {{"n", "/m", "llama", 30, 576, 49152, 134, 1, "ab"}}, {"cpu", "w", "f", "k", 2, 8}};
    const Json values[] = {toJson(request()),
                           toJson(step),
                           toJson(ending()),
                           toJson(DraftLock{"d", 1, 5, 3, false}),
                           toJson(DraftBranch{"e", "d", 2, 9, {}}),
                           toJson(ContextPreview{1, 2, 3, 4, 5, 6, 7}),
                           toJson(info),
                           toJson(ModelState{ModelState::Kind::Ready, "m", info.models[0], info.device}),
                           toJson(tuning()),
                           toJson(TuningEstimate{1, 30, 2.5, 8, 1400, 46000, 8000, 3}),
                           toJson(learning()),
                           toJson(learnt())};
    Plan all{{}, 50000};
    for (const Json& value : values) {
        all.seeds.push_back(writeMessage(value));
        all.seeds.push_back(writeMessage(rpcRequest("draft/start", value, 1)));
    }
    return all;
}

} // namespace palimpsest::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    palimpsest::fuzz::readAll(palimpsest::fuzz::textOf(data, size));
    return 0;
}
