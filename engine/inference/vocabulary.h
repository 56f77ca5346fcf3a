// What drafting asks of the tokenizer at every position, worked out once. Torch-free.
#pragma once

#include "engine/inference/sampling.h"
#include "models/tokenizer.h"

#include <string>
#include <vector>

namespace palimpsest {

// What a token must look like where the draft meets fixed text, so that words neither fuse nor part.
struct TokenEdges {
    bool spaceFirst = false;  // must begin with white space
    bool noWordFirst = false; // must not begin with a letter or digit
    bool noWordLast = false;  // must not end with one
    bool noBreak = false;     // must not break the line
    bool stopLast = false;    // must end with a full stop, a closing quote or the like
    bool proseFirst = false;  // must not begin with a digit or a mark of lists and headings
    bool any() const { return spaceFirst || noWordFirst || noWordLast || noBreak || stopLast || proseFirst; }
};

class Vocabulary {
public:
    // `size`: entries of the model's logits, at least the tokenizer's; `neverSampled`: control tokens.
    Vocabulary(const Tokenizer& tokenizer, std::size_t size, const std::vector<std::int64_t>& neverSampled);

    const std::string& piece(std::int64_t id) const { return m_pieces[std::size_t(id)]; }

    // Every token a draft may hold: no control tokens, none without bytes.
    const TokenMask& allowed() const { return m_allowed; }

    // Those of them that fit the edges; all of them when none does.
    TokenMask allowed(const TokenEdges& edges) const;

private:
    std::vector<std::string> m_pieces;
    TokenMask m_allowed;
};

} // namespace palimpsest
