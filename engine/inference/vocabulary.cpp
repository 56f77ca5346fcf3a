#include "engine/inference/vocabulary.h"

#include "engine/inference/draft_text.h"

#include <algorithm>

namespace palimpsest {
namespace {

bool endsWithStop(std::string_view piece) {
    for (std::string_view stop : {".", "!", "?", "…", "”", "\""})
        if (piece.ends_with(stop)) return true;
    return false;
}

bool fits(const std::string& piece, const TokenEdges& edges) {
    return !(edges.spaceFirst && !beginsWithSpace(piece)) && !(edges.noWordFirst && beginsWithWord(piece)) &&
           !(edges.noWordLast && endsWithWord(piece)) && !(edges.noBreak && piece.find('\n') != std::string::npos) &&
           !(edges.stopLast && !endsWithStop(piece)) && !(edges.proseFirst && beginsUnlikeProse(piece));
}

} // namespace

Vocabulary::Vocabulary(const Tokenizer& tokenizer, std::size_t size, const std::vector<std::int64_t>& neverSampled)
    : m_pieces(size), m_allowed(size, 0) {
    const std::size_t known = std::min(size, std::size_t(tokenizer.size()));
    for (std::size_t i = 0; i < known; ++i) {
        const auto id = std::int64_t(i);
        if (tokenizer.isControl(id)) continue;
        m_pieces[i] = tokenizer.piece(id);
        // A draft is prose: of the control characters only tab and line break.
        const bool printable = std::none_of(m_pieces[i].begin(), m_pieces[i].end(), [](char c) {
            return (c >= 0 && c < 0x20 && c != '\n' && c != '\t') || c == 0x7F;
        });
        m_allowed[i] = !m_pieces[i].empty() && printable;
    }
    for (const std::int64_t id : neverSampled)
        if (id >= 0 && std::size_t(id) < size) m_allowed[std::size_t(id)] = 0;
}

TokenMask Vocabulary::allowed(const TokenEdges& edges) const {
    if (!edges.any()) return m_allowed;
    TokenMask mask = m_allowed;
    bool some = false;
    for (std::size_t i = 0; i < mask.size(); ++i) {
        mask[i] = mask[i] && fits(m_pieces[i], edges);
        some = some || mask[i];
    }
    return some ? mask : m_allowed;
}

} // namespace palimpsest
