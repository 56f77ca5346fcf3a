// How surprising a text is to the base model: of every token, the nats it costs after all that comes before it.
#pragma once

#include "engine/api/messages.h"

#include <string>
#include <vector>

namespace palimpsest {

namespace method {
inline constexpr const char* kTextSurprise = "text/surprise";
} // namespace method

struct SurpriseLimits {
    static constexpr int kTokens = 2048; // of one text
};

struct SurpriseRequest {
    std::string notes, left; // as of a draft: DraftRequest
    std::string text;        // asked about; follows `left`
};

struct TokenSurprise {
    std::size_t end = 0; // in bytes of the text; it begins where the one before ends, the first at 0
    float nats = 0;      // −ln of its probability, >= 0
    bool operator==(const TokenSurprise&) const = default;
};
using Surprise = std::vector<TokenSurprise>; // covers the text

Json toJson(const SurpriseRequest& request);
Json toJson(const Surprise& surprise);
Result<SurpriseRequest> surpriseRequestFromJson(const Json& json);
Result<Surprise> surpriseFromJson(const Json& json);

} // namespace palimpsest
