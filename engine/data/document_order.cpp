#include "engine/data/document_order.h"

#include <algorithm>

namespace palimpsest {
namespace {

constexpr std::uint64_t kGoldenRatio = 0x9E3779B97F4A7C15; // of 2^64

} // namespace

std::uint64_t mixed(std::uint64_t key, std::uint64_t counter) {
    std::uint64_t z = key + (counter + 1) * kGoldenRatio;
    for (int round = 0; round < 2; ++round) { // twice: keys and counters are small numbers here
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        z ^= z >> 31;
    }
    return z;
}

DocumentOrder::DocumentOrder(const TokenCache& cache, bool heldOut, std::uint64_t seed) : m_offset(mixed(seed, 0)) {
    double end = 0;
    for (const TokenText& text : cache.texts()) {
        if (text.heldOut != heldOut || text.tokens.empty()) continue;
        end += text.weight * double(text.tokens.size());
        m_places.push_back({end, text.tokens});
        m_tokens += text.tokens.size();
        m_longest = std::max<std::uint64_t>(m_longest, text.tokens.size());
    }
}

std::span<const std::uint32_t> DocumentOrder::document(std::uint64_t index, std::size_t length) const {
    if (m_places.empty()) return {};
    const double share = double((m_offset + index * kGoldenRatio) >> 11) * 0x1p-53; // [0, 1)
    const double at = share * m_places.back().end;
    const auto found = std::ranges::upper_bound(m_places, at, {}, &Place::end);
    const Place& place = found == m_places.end() ? m_places.back() : *found;
    const double begin = found == m_places.begin() ? 0 : (found - 1)->end;
    const double within = std::clamp((at - begin) / (place.end - begin), 0.0, 1.0);
    const std::size_t count = std::min(length, place.tokens.size());
    const auto first = std::size_t(within * double(place.tokens.size() - count + 1));
    return place.tokens.subspan(std::min(first, place.tokens.size() - count), count);
}

} // namespace palimpsest
