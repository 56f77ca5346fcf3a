// The JSON of engine/protocol.md: method names, and each value to and from JSON.
//
// Reading checks everything (types, ranges, sizes, UTF-8) and never throws; writing always gives valid UTF-8.
#pragma once

#include "engine/api/draft.h"
#include "engine/api/model_info.h"
#include "engine/base/result.h"

#include <nlohmann/json.hpp>
#include <string>

namespace palimpsest {

using Json = nlohmann::ordered_json;

namespace method {
inline constexpr const char* kInitialize = "initialize";
inline constexpr const char* kModelList = "model/list";
inline constexpr const char* kModelLoad = "model/load";
inline constexpr const char* kModelUnload = "model/unload";
inline constexpr const char* kDraftStart = "draft/start";
inline constexpr const char* kDraftStop = "draft/stop";
inline constexpr const char* kDraftLock = "draft/lock";
inline constexpr const char* kDraftBranch = "draft/branch";
inline constexpr const char* kContextPreview = "context/preview";
inline constexpr const char* kContextPrepare = "context/prepare"; // params of a draft, as context/preview; result {}
inline constexpr const char* kTrainStart = "train/start";
inline constexpr const char* kTrainPause = "train/pause";
inline constexpr const char* kTrainResume = "train/resume";
inline constexpr const char* kTrainStop = "train/stop";
inline constexpr const char* kShutdown = "shutdown";
// notifications
inline constexpr const char* kDraftStep = "draft/step";
inline constexpr const char* kDraftEnded = "draft/ended";
inline constexpr const char* kModelState = "model/state";
inline constexpr const char* kTrainProgress = "train/progress";
inline constexpr const char* kTrainEnded = "train/ended";
inline constexpr const char* kLog = "log";
} // namespace method

// Locks or frees positions of a running draft.
struct DraftLock {
    std::string draft;
    int candidate = 0;
    int first = 0, count = 1; // positions of the step's tokens
    bool locked = true;
};

// A new draft from the tokens of an earlier one as they stood after a pass: what was committed or locked stays.
struct DraftBranch {
    std::string id; // of the new draft
    std::string from;
    int candidate = 0;
    int step = 0;
    DraftOptions options;
};

inline constexpr int kProtocolVersion = 1;
inline constexpr std::size_t kMaxModels = 256; // of one list

// What the engine's model is doing, told by model/state and on initialize.
struct ModelState {
    enum class Kind { None, Loading, Ready, Failed };
    Kind kind = Kind::None;
    std::string message; // Failed: one sentence; else empty
    ModelInfo model;     // Ready; Loading: only its path
    DeviceInfo device;   // Ready
};

// JSON-RPC error codes: the standard ones, and ours, which carry errorCodeName() in `data.kind`.
int rpcErrorCode(ErrorCode code);

Json rpcRequest(const char* method, Json params, std::int64_t id);
Json rpcNotification(const char* method, Json params);
Json rpcResult(const Json& id, Json result);
Json rpcError(const Json& id, const Error& error);
Json rpcError(const Json& id, int code, const std::string& message);

// One line of JSON; invalid UTF-8 in it becomes U+FFFD.
std::string writeMessage(const Json& message);

// Parses one body. Errors: Corrupt when it is not JSON, Protocol when it is no object, nested 32 deep or more, or has
// more than 8,192 members.
Result<Json> parseMessage(const std::string& body);

Json toJson(const DraftOptions& options);
Json toJson(const DraftRequest& request);
Json toJson(const DraftStep& step);
Json toJson(const DraftCandidate& candidate);
Json toJson(const DraftStatistics& statistics);
Json toJson(const DraftEnd& end);
Json toJson(const DraftLock& lock);
Json toJson(const DraftBranch& branch);
Json toJson(const ContextPreview& preview);
Json toJson(const ModelInfo& model);
Json toJson(const DeviceInfo& device);
Json toJson(const EngineInfo& info);
Json toJson(const ModelState& state);

Result<DraftOptions> draftOptionsFromJson(const Json& json);
Result<DraftRequest> draftRequestFromJson(const Json& json);
Result<DraftStep> draftStepFromJson(const Json& json);
Result<DraftEnd> draftEndFromJson(const Json& json);
Result<DraftLock> draftLockFromJson(const Json& json);
Result<DraftBranch> draftBranchFromJson(const Json& json);
Result<ContextPreview> contextPreviewFromJson(const Json& json);
Result<ModelInfo> modelInfoFromJson(const Json& json);
Result<DeviceInfo> deviceInfoFromJson(const Json& json);
Result<EngineInfo> engineInfoFromJson(const Json& json);
Result<ModelState> modelStateFromJson(const Json& json);

} // namespace palimpsest
