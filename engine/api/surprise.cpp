#include "engine/api/surprise.h"

#include "engine/api/json_fields.h"
#include "engine/base/utf8.h"

#include <cmath>

namespace palimpsest {
namespace {

constexpr double kMostNats = 1e6;

} // namespace

Json toJson(const SurpriseRequest& request) {
    const auto valid = [](const std::string& text) { return isValidUtf8(text) ? text : repairedUtf8(text); };
    return {{"notes", valid(request.notes)}, {"left", valid(request.left)}, {"text", valid(request.text)}};
}

// Two lists of numbers: a message may have only so many members.
Json toJson(const Surprise& surprise) {
    Json ends = Json::array(), nats = Json::array();
    for (const TokenSurprise& token : surprise) {
        ends.push_back(token.end);
        nats.push_back(std::isfinite(token.nats) ? std::round(double(token.nats) * 1000) / 1000 : 0.0);
    }
    return {{"ends", std::move(ends)}, {"nats", std::move(nats)}};
}

Result<SurpriseRequest> surpriseRequestFromJson(const Json& json) {
    SurpriseRequest request;
    JsonFields fields(json, "surprise");
    fields.text("notes", request.notes, DraftLimits::kTextBytes);
    fields.text("left", request.left, DraftLimits::kTextBytes);
    fields.text("text", request.text, DraftLimits::kTextBytes, Need::Required);
    return fields.finish(std::move(request));
}

Result<Surprise> surpriseFromJson(const Json& json) {
    Surprise surprise;
    JsonFields fields(json, "surprise");
    const Error wrong{ErrorCode::InvalidArgument, "the ends of tokens must go up, with a number of nats each"};
    fields.each("ends", SurpriseLimits::kTokens, [&](const Json& end) -> Result<void> {
        if (!end.is_number_unsigned()) return wrong;
        const auto at = end.get<std::size_t>();
        if (at < (surprise.empty() ? 0 : surprise.back().end) || at > DraftLimits::kTextBytes) return wrong;
        surprise.push_back({at, 0});
        return {};
    });
    std::size_t next = 0;
    fields.each("nats", SurpriseLimits::kTokens, [&](const Json& nats) -> Result<void> {
        if (!nats.is_number() || next >= surprise.size() ||
            !(nats.get<double>() >= 0 && nats.get<double>() <= kMostNats))
            return wrong;
        surprise[next++].nats = nats.get<float>();
        return {};
    });
    if (next != surprise.size()) fields.fail(wrong.message);
    return fields.finish(std::move(surprise));
}

} // namespace palimpsest
