// One message in, its answer out: the methods of engine/protocol.md.
#pragma once

#include "engine/server/server.h"
#include "engine/server/tuning_process.h"

namespace palimpsest {

class Dispatch {
public:
    // All must outlive it.
    Dispatch(const ServerParts& parts, Worker& worker, TuningProcess& tuning, Outbox& outbox);

    // Answers one body, whatever it holds. Blocks briefly. False: the peer asked for shutdown.
    bool handle(const std::string& body);

private:
    Result<Json> call(const std::string& method, const Json& params);
    Json initialize() const;
    Result<Json> startDraft(const Json& params);
    Result<Json> branchDraft(const Json& params);
    Result<Json> stopDraft(const Json& params);
    Result<Json> lockDraft(const Json& params);
    Result<Json> loadModel(const Json& params);
    Result<void> startTraining(const Json& id, const Json& params); // answered later unless it fails
    Result<Json> preview(const Json& params);
    Result<Json> prepare(const Json& params);
    // Answered when it is known; what is asked meanwhile is answered before it.
    Result<void> surprise(const Json& id, const Json& params);

    const ServerParts& m_parts;
    Worker& m_worker;
    TuningProcess& m_tuning;
    Outbox& m_outbox;
};

} // namespace palimpsest
