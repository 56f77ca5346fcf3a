#include "engine/api/messages.h"
#include "engine/api/surprise.h"
#include "tests/support/cases.h"

#include <limits>

namespace palimpsest::test {
namespace {

DraftRequest fullRequest() {
    DraftRequest request;
    request.id = "d-1";
    request.kind = DraftKind::Rewrite;
    request.notes = "Märta is nine.";
    request.left = "left \"quoted\"\n";
    request.right = "\t right 🌊";
    request.text = "ä mask—but";
    request.locks = {{0, 2}, {3, 7}};
    request.options = {100, 16, 3, false, 1.25, 0.9, 0.7, std::numeric_limits<std::uint64_t>::max(), 8};
    return request;
}

// As it would come over the wire.
Json sent(const Json& json) {
    return *parseMessage(writeMessage(json));
}

CASE(aRequestComesBackAsItWas) {
    const DraftRequest request = fullRequest();
    const auto back = draftRequestFromJson(sent(toJson(request)));
    CHECK(back.ok()) << (back ? "" : back.error().message);
    CHECK(back->id == request.id && back->kind == request.kind && back->notes == request.notes);
    CHECK(back->left == request.left && back->right == request.right && back->text == request.text);
    CHECK(back->locks == request.locks);
    CHECK(back->options == request.options);
}

CASE(aStepAndAnEndComeBackAsTheyWere) {
    DraftStep step{"d",
                   2,
                   7,
                   30,
                   3,
                   {{"The", 0.3f, PositionState::Committed},
                    {"", 0, PositionState::Absorbed},
                    {" sea", 0.1234567f, PositionState::Moving},
                    {"—", 1, PositionState::Locked}}};
    const auto back = draftStepFromJson(sent(toJson(step)));
    CHECK(back.ok() && *back == step);
    DraftEnd end;
    end.draft = "d";
    end.outcome = DraftOutcome::Stopped;
    end.message = "why";
    end.candidates = {{1, "text", step.tokens, 99, 0.5, 3.25}};
    end.statistics.tokens = 12;
    end.statistics.firstStepMs = 1.5;
    end.statistics.why = "Because.";
    const auto endBack = draftEndFromJson(sent(toJson(end)));
    CHECK(endBack.ok() && endBack->candidates == end.candidates && endBack->outcome == end.outcome);
    CHECK(endBack->statistics.tokens == 12 && endBack->statistics.firstStepMs == 1.5);
    CHECK(endBack->message == "why" && endBack->statistics.why == "Because.");
}

CASE(smallMessagesComeBackAsTheyWere) {
    const auto lock = draftLockFromJson(sent(toJson(DraftLock{"d", 1, 5, 3, false})));
    CHECK(lock.ok() && lock->draft == "d" && lock->candidate == 1 && lock->first == 5 && lock->count == 3);
    CHECK(lock.ok() && !lock->locked);
    const auto branch = draftBranchFromJson(sent(toJson(DraftBranch{"e", "d", 2, 9, {}})));
    CHECK(branch.ok() && branch->id == "e" && branch->from == "d" && branch->candidate == 2 && branch->step == 9);
    const auto preview = contextPreviewFromJson(sent(toJson(ContextPreview{1, 2, 3, 4, 5, 6, 7})));
    CHECK(preview.ok() && preview->notes == 1 && preview->droppedAfter == 6 && preview->limit == 7);
    EngineInfo info{
        "0.1", "/m", {{"n", "/m", "llama", 30, 576, 49152, 134'000'000'000, 1, "ab"}}, {"cpu", "w", "f", "k", 2, 8}};
    const Json json = sent(toJson(info));
    CHECK(json.begin().key() == "default_model") << json.begin().key();
    const auto back = engineInfoFromJson(json);
    CHECK(back.ok() && back->models.size() == 1 && back->models[0].parameters == 134'000'000'000);
    CHECK(back.ok() && back->device.threads == 2 && back->device.why == "w" && back->version == "0.1");
    const auto state =
        modelStateFromJson(sent(toJson(ModelState{ModelState::Kind::Ready, "m", info.models[0], info.device})));
    CHECK(state.ok() && state->kind == ModelState::Kind::Ready && state->model.layers == 30);
}

CASE(everyValueOutOfRangeIsRefusedWithItsName) {
    const std::vector<std::pair<const char*, Json>> wrong{
        {"tokens", 0},         {"tokens", 1025},   {"tokens", "many"},     {"tokens", 8.5},
        {"tokens", -1},        {"block", 65},      {"block", -1},          {"steps", 65},
        {"temperature", -0.1}, {"temperature", 3}, {"temperature", "hot"}, {"top_p", 0},
        {"top_p", 1.01},       {"strength", 1.5},  {"seed", -1},           {"seed", 1.5},
        {"drafts", 0},         {"drafts", 9},      {"verify", "on"},       {"tokens", 18446744073709551615ull}};
    for (const auto& [key, value] : wrong) {
        Json json = toJson(fullRequest());
        json["options"][key] = value;
        const auto back = draftRequestFromJson(json);
        CHECK(!back.ok() && back.error().code == ErrorCode::InvalidArgument) << key << value.dump();
        CHECK(!back.ok() && back.error().message.find(key) != std::string::npos) << key;
    }
    Json json = toJson(fullRequest());
    json["options"]["temperature"] = std::numeric_limits<double>::quiet_NaN();
    CHECK(!draftRequestFromJson(json).ok());
}

CASE(locksMustLieOnCharactersInOrder) {
    for (const char* locks : {"[[0,1]]", "[[2,1]]", "[[3,7],[0,2]]", "[[0,3],[2,7]]", "[[0,99]]", "[[0]]", "[0,2]",
                              "[[2,2]]", "[[-1,2]]", "\"all\"", "[[0.0,2.0]]"}) {
        Json json = toJson(fullRequest());
        json["locks"] = Json::parse(locks);
        CHECK(!draftRequestFromJson(json).ok()) << locks;
    }
}

CASE(wrongShapesAreRefused) {
    for (const char* body : {"[]", "3", "null", "\"text\"", "{", "", "{\"a\":}", "\xff\xff"})
        CHECK(!parseMessage(body).ok()) << body;
    for (const char* body : {"{}", "{\"id\":\"\",\"kind\":\"continue\"}", "{\"id\":3,\"kind\":\"continue\"}",
                             "{\"id\":\"a\"}", "{\"id\":\"a\",\"kind\":\"poem\"}", "{\"id\":\"a\",\"kind\":1}"})
        CHECK(!draftRequestFromJson(Json::parse(body)).ok()) << body;
    const std::string deep = std::string(40, '[') + std::string(40, ']');
    CHECK(!parseMessage("{\"a\":" + deep + "}").ok());
    CHECK(parseMessage("{\"a\":\"" + deep + "\\\"" + deep + "\"}").ok()); // brackets inside a string nest nothing
    std::string wide = "{\"k0\":0";
    for (int i = 1; i < 9000; ++i) wide += ",\"k" + std::to_string(i) + "\":0";
    CHECK(!parseMessage(wide + "}").ok());
}

CASE(aSurpriseComesBackAsItWasAndANonsensicalOneDoesNot) {
    const Surprise surprise{{3, 0.125f}, {3, 7.5f}, {9, 0}};
    const auto back = surpriseFromJson(sent(toJson(surprise)));
    CHECK(back.ok() && *back == surprise);
    const auto request = surpriseRequestFromJson(sent(toJson(SurpriseRequest{"n", "left", "text"})));
    CHECK(request.ok() && request->notes == "n" && request->left == "left" && request->text == "text");
    for (const char* body :
         {"{\"ends\":[3,2],\"nats\":[0,0]}", "{\"ends\":[3],\"nats\":[]}", "{\"ends\":[],\"nats\":[1]}",
          "{\"ends\":[3],\"nats\":[-1]}", "{\"ends\":[-3],\"nats\":[1]}", "{\"ends\":3,\"nats\":[]}"})
        CHECK(!surpriseFromJson(Json::parse(body)).ok()) << body;
    CHECK(!surpriseRequestFromJson(Json::parse("{\"left\":\"x\"}")).ok());
    const Surprise most(SurpriseLimits::kTokens, {1, 0.001f});
    CHECK(surpriseFromJson(sent(toJson(most))).ok()); // fits into a message
}

CASE(aTextTooLongIsRefused) {
    Json json = toJson(fullRequest());
    json["left"] = std::string(DraftLimits::kTextBytes + 1, 'x');
    CHECK(!draftRequestFromJson(json).ok());
    json["left"] = "x";
    json["id"] = std::string(129, 'x');
    CHECK(!draftRequestFromJson(json).ok());
}

CASE(whatIsWrittenIsValidUtf8WhateverTheValue) {
    DraftStep step{"d", 0, 0, 0, 0, {{"\xff\xc3", std::numeric_limits<float>::quiet_NaN(), PositionState::Moving}}};
    const auto back = draftStepFromJson(sent(toJson(step)));
    CHECK(back.ok() && back->tokens[0].text == "\xEF\xBF\xBD\xEF\xBF\xBD" && back->tokens[0].confidence == 0);
}

} // namespace
} // namespace palimpsest::test
