// The engine as its front ends (server, command line, tests) see it: one loaded model on one device.
#pragma once

#include "engine/api/draft.h"
#include "engine/api/messages.h"
#include "engine/api/model_info.h"
#include "engine/api/surprise.h"
#include "engine/base/result.h"

#include <functional>
#include <memory>
#include <stop_token>

namespace palimpsest {

// Called on the thread of draft(), after every pass, in order. Must not block for long: the model waits.
using StepSink = std::function<void(const DraftStep&)>;

// Threads: used by one thread at a time, but for setLock() and previewContext(), which any thread may call while a
// draft runs.
// Makes no thread that outlives a call; holds no reference to the sink or the token after returning.
class Engine {
public:
    virtual ~Engine() = default;

    virtual const ModelInfo& model() const = 0;
    virtual const DeviceInfo& device() const = 0;

    // Blocks until done, stopped or failed. Checks `stop` before every pass; a stop is no error: outcome Stopped,
    // with what there was. ErrorCode::Device means this engine is unusable: destroy it and open another.
    virtual Result<DraftEnd> draft(const DraftRequest& request, std::stop_token stop, const StepSink& sink) = 0;

    // As draft(), from the tokens of an earlier draft (the last 16 are remembered). NotFound when it is not.
    virtual Result<DraftEnd> branch(const DraftBranch& branch, std::stop_token stop, const StepSink& sink) = 0;

    // Must not block. Takes effect before the next pass; ignored when that draft is not running.
    virtual void setLock(const DraftLock& lock) = 0;

    // Reads what a draft would see, so that its first pass comes at once. Blocks; checks `stop` before every pass, and
    // keeps what was read: Cancelled then is no loss. Changes no draft's result.
    virtual Result<void> prepare(const DraftRequest& request, std::stop_token stop) = 0;

    // How surprising a text is to the base. Blocks; checks `stop` before every pass: Cancelled then. Changes no draft's
    // result. InvalidArgument for more than SurpriseLimits::kTokens.
    virtual Result<Surprise> surprise(const SurpriseRequest& request, std::stop_token stop) = 0;

    // Blocks for tokenization only; runs no model.
    virtual Result<ContextPreview> previewContext(const DraftRequest& request) = 0;
};

struct EngineOptions {
    std::string model;           // folder; empty = the default one
    std::string device = "auto"; // "auto", "cpu", "cuda:N"
    int threads = 0;             // 0 = the cores this process may use
    std::string dtype = "auto";  // "auto", "float32", "bfloat16", "int8"
    std::string personal = {};   // a personal file (tuning.h) to stack on the model; empty: none
    double strength = 1;         // of it, 0 … 1.5; 0: drafts to the bit as without it
};

// Blocks while weights are read (a second or so). Errors: NotFound, Corrupt, OutOfMemory, Device, InvalidArgument.
Result<std::unique_ptr<Engine>> openEngine(const EngineOptions& options);

// Blocks briefly: reads the folders under modelsFolder(), no weights; so ModelInfo::hash stays empty.
EngineInfo installedModels(const std::string& device = "auto");

} // namespace palimpsest
