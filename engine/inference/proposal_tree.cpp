#include "engine/inference/proposal_tree.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>

namespace palimpsest {
namespace {

// A token pays for its place if the base comes there oftener than it writes tokens in the time that the place costs,
// which is nearly a pass a token. Half as often is enough: speed is flat there, and rounds are longer
// (docs/performance.md). Never more seldom than this, nor, than that, for a row of the sequential head.
constexpr double kTokensAPass = 0.5, kLeastChance = 0.03, kWorthwhile = 0.06;
constexpr std::size_t kWorthwhileTokens = 4;

// Chances are proportional to time^-power; that of none of the arrivals to `none`. By likelihood of 4,500 words of
// verified drafts behind held-out books with the shipped denoiser at temperature 0.8 (docs/evaluation.md).
struct Race {
    double power, none;
};

Race raceOf(Footing footing) {
    switch (footing) {
    case Footing::Seen: return {3.06, 0};
    case Footing::Told: return {0.88, 0.4};
    case Footing::Unknown: break;
    }
    return {0.5, 1};
}

} // namespace

std::vector<Proposal> proposalsOf(std::span<const PositionNoise::Arrival> race, Footing footing) {
    const auto [power, none] = raceOf(footing);
    std::vector<Proposal> proposals;
    double sum = none;
    for (const PositionNoise::Arrival& arrival : race) {
        proposals.push_back({arrival.token, std::pow(arrival.time, -power), float(arrival.probability)});
        sum += proposals.back().chance;
    }
    for (Proposal& proposal : proposals) proposal.chance /= sum;
    return proposals;
}

ProposalTree::ProposalTree(std::int64_t root, double rowCost)
    : m_ids{root},
      m_parents{kNone},
      m_chances{1},
      m_confidences{1},
      m_leastChance(std::max(kLeastChance, kTokensAPass * rowCost)) {}

std::int32_t ProposalTree::child(std::int32_t of, std::int64_t id) const {
    for (std::size_t i = std::size_t(of) + 1; i < m_ids.size(); ++i)
        if (m_parents[i] == of && m_ids[i] == id) return std::int32_t(i);
    return kNone;
}

std::vector<std::int32_t> ProposalTree::lastLevel() const {
    std::vector<std::int32_t> tokens(m_levelEnd - m_levelBegin);
    std::iota(tokens.begin(), tokens.end(), std::int32_t(m_levelBegin));
    return tokens;
}

std::vector<std::int32_t> ProposalTree::worthwhile() const {
    std::vector<std::int32_t> tokens = lastLevel();
    std::erase_if(tokens, [&](std::int32_t token) { return chance(token) < std::max(kWorthwhile, m_leastChance); });
    std::ranges::stable_sort(tokens, std::ranges::greater(), [&](std::int32_t token) { return chance(token); });
    tokens.resize(std::min(tokens.size(), kWorthwhileTokens));
    return tokens;
}

void ProposalTree::grow(std::int32_t of, std::span<const Proposal> words) {
    for (const Proposal& word : words) {
        const double chance = m_chances[std::size_t(of)] * word.chance;
        if (chance < m_leastChance && word.chance < 1) continue;
        m_ids.push_back(word.id);
        m_parents.push_back(of);
        m_chances.push_back(chance);
        m_confidences.push_back(word.confidence);
    }
}

bool ProposalTree::nextLevel() {
    m_levelBegin = m_levelEnd;
    m_levelEnd = m_ids.size();
    return m_levelBegin < m_levelEnd;
}

// A child is never likelier than its parent and stands behind it, so what is kept is a tree.
void ProposalTree::keep(std::size_t tokens) {
    if (m_ids.size() <= tokens) return;
    std::vector<std::size_t> order(m_ids.size() - 1); // all but the root
    std::iota(order.begin(), order.end(), std::size_t(1));
    std::ranges::stable_sort(order, std::ranges::greater(), [&](std::size_t token) { return m_chances[token]; });
    order.resize(std::max<std::size_t>(tokens, 1) - 1);
    std::ranges::sort(order);
    std::vector<std::int32_t> places(m_ids.size(), 0);
    ProposalTree kept(m_ids.front());
    kept.m_leastChance = m_leastChance;
    for (const std::size_t token : order) {
        places[token] = std::int32_t(kept.m_ids.size());
        kept.m_ids.push_back(m_ids[token]);
        kept.m_parents.push_back(places[std::size_t(m_parents[token])]);
        kept.m_chances.push_back(m_chances[token]);
        kept.m_confidences.push_back(m_confidences[token]);
    }
    *this = std::move(kept);
}

std::vector<std::int32_t> ProposalTree::likeliestWay() const {
    std::vector<std::int32_t> way;
    for (std::int32_t next = 0; next != kNone;) {
        way.push_back(next);
        next = kNone;
        for (std::size_t i = std::size_t(way.back()) + 1; i < m_ids.size(); ++i)
            if (m_parents[i] == way.back() && (next == kNone || m_chances[i] > chance(next))) next = std::int32_t(i);
    }
    return way;
}

} // namespace palimpsest
