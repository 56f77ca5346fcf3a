#include "engine/data/pair_tokens.h"

#include <algorithm>

namespace palimpsest {

Result<PairTokens> PairTokens::of(const Tokenizer& tokenizer) {
    std::vector<std::int64_t> control;
    for (std::int64_t id = 0; id < tokenizer.size() && control.size() < 3; ++id)
        if (tokenizer.isControl(id)) control.push_back(id);
    if (control.size() < 3)
        return Error{ErrorCode::Unsupported, "the tokenizer has no control pieces to mark sources and targets with"};
    PairTokens tokens(tokenizer);
    tokens.m_between = control[1];
    tokens.m_end = control[2];
    return tokens;
}

std::vector<std::int64_t> PairTokens::source(std::string_view text) const {
    auto ids = m_tokenizer->encode(std::string(1, ' ').append(text));
    ids.push_back(m_between);
    return ids;
}

std::optional<std::vector<std::int64_t>> PairTokens::target(std::string_view text, std::size_t slots) const {
    auto ids = m_tokenizer->encode(std::string(1, ' ').append(text));
    if (ids.size() >= slots) return {};
    ids.resize(slots, m_end);
    return ids;
}

std::string PairTokens::text(std::span<const std::int64_t> target) const {
    const auto end = std::ranges::find(target, m_end);
    std::string text = m_tokenizer->decode(target.first(std::size_t(end - target.begin())));
    if (text.starts_with(' ')) text.erase(0, 1);
    return text;
}

} // namespace palimpsest
