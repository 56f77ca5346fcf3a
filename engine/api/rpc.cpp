// JSON-RPC 2.0 envelopes of messages.h.
#include "engine/api/messages.h"

#include <algorithm>

namespace palimpsest {
namespace {

constexpr int kMaxDepth = 32;
// Objects of ordered JSON are searched linearly, so one of a million members would take hours.
constexpr int kMaxMembers = 8192;

// Says what is too much of in `body`, looking only at its brackets and colons; null when nothing is.
const char* excess(const std::string& body) {
    int depth = 0, members = 0;
    bool inString = false;
    for (std::size_t i = 0; i < body.size(); ++i) {
        const char c = body[i];
        if (inString) {
            if (c == '\\') ++i;
            inString = c != '"';
            continue;
        }
        if (c == '"') inString = true;
        if (c == '{' || c == '[') ++depth;
        if (c == '}' || c == ']') --depth;
        if (c == ':') ++members;
        if (depth >= kMaxDepth) return "The message is nested too deeply: at most 31 levels.";
        if (members > kMaxMembers) return "The message has too many members: at most 8192.";
    }
    return nullptr;
}

} // namespace

int rpcErrorCode(ErrorCode code) {
    switch (code) {
    case ErrorCode::Protocol: return -32600;
    case ErrorCode::InvalidArgument: return -32602;
    case ErrorCode::Internal: return -32603;
    default: return -32000 - int(code); // the range JSON-RPC leaves to servers; `data.kind` is the stable name
    }
}

Json rpcRequest(const char* method, Json params, std::int64_t id) {
    return {{"jsonrpc", "2.0"}, {"id", id}, {"method", method}, {"params", std::move(params)}};
}

Json rpcNotification(const char* method, Json params) {
    return {{"jsonrpc", "2.0"}, {"method", method}, {"params", std::move(params)}};
}

Json rpcResult(const Json& id, Json result) {
    return {{"jsonrpc", "2.0"}, {"id", id}, {"result", std::move(result)}};
}

Json rpcError(const Json& id, const Error& error) {
    Json answer = rpcError(id, rpcErrorCode(error.code), error.message);
    answer["error"]["data"] = {{"kind", errorCodeName(error.code)}};
    return answer;
}

Json rpcError(const Json& id, int code, const std::string& message) {
    return {{"jsonrpc", "2.0"}, {"id", id}, {"error", {{"code", code}, {"message", message}}}};
}

std::string writeMessage(const Json& message) {
    return message.dump(-1, ' ', false, Json::error_handler_t::replace);
}

Result<Json> parseMessage(const std::string& body) {
    if (const char* problem = excess(body)) return Error{ErrorCode::Protocol, problem};
    Json message = Json::parse(body, nullptr, false);
    if (message.is_discarded()) return Error{ErrorCode::Corrupt, "The message is not JSON."};
    if (!message.is_object()) return Error{ErrorCode::Protocol, "The message is not a JSON object."};
    return message;
}

} // namespace palimpsest
