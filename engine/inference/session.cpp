#include "engine/inference/session.h"

#include <algorithm>
#include <sys/resource.h>

namespace palimpsest {

void LockBox::put(const DraftLock& lock) {
    const std::lock_guard guard(m_mutex);
    if (m_locks.size() < kWaiting) m_locks.push_back(lock);
}

std::vector<DraftLock> LockBox::take() {
    const std::lock_guard guard(m_mutex);
    return std::exchange(m_locks, {});
}

DraftSession::DraftSession(const Parts& parts, std::stop_token stop, Clock::time_point begin)
    : m_parts(parts), m_stop(std::move(stop)), m_begin(begin) {}

bool DraftSession::beginPass(std::span<Lane* const> lanes) {
    if (m_stop.stop_requested()) return false;
    for (const DraftLock& lock : m_parts.locks.take()) {
        if (lock.draft != m_parts.request.id) continue;
        for (Lane* lane : lanes)
            if (lane->index == lock.candidate) applyLock(lock, *lane);
    }
    ++m_passes;
    return true;
}

void DraftSession::applyLock(const DraftLock& lock, Lane& lane) const {
    for (int i = 0; i < lock.count; ++i) {
        const std::size_t at = std::size_t(lock.first) + std::size_t(i);
        if (at >= lane.cells.size()) return;
        Cell& cell = lane.cells[at];
        if (cell.id == Cell::kUnknown) continue; // nothing there to hold on to
        cell.pinned = lock.locked;
        if (!lock.locked && at >= lane.committed) cell.drawn = false;
    }
}

void DraftSession::show(Lane& lane, std::size_t count, int expectedMore) {
    if (m_firstStepMs == 0) m_firstStepMs = seconds() * 1e3;
    if (m_steps.size() <= std::size_t(lane.index)) m_steps.resize(std::size_t(lane.index) + 1);
    m_steps[std::size_t(lane.index)].push_back(rememberedStep(lane, count));
    DraftStep step;
    step.draft = m_parts.request.id;
    step.candidate = lane.index;
    step.index = lane.steps++;
    step.expected = lane.steps + std::max(0, expectedMore);
    step.round = std::max(0, lane.round);
    step.tokens = stepTokens(lane, count, m_parts.vocabulary);
    if (m_parts.prompt.dropFirstSpace && !step.tokens.empty() && step.tokens[0].text.starts_with(' '))
        step.tokens[0].text.erase(0, 1);
    if (m_parts.sink) m_parts.sink(step);
}

std::int64_t DraftSession::tokenBefore(const Lane& lane, std::size_t cell, std::size_t back) const {
    if (cell >= back) return lane.cells[cell - back].id;
    const std::vector<std::int64_t>& left = prompt().left;
    return left[left.size() - std::min(left.size(), back - cell)];
}

// Bases that were taught to chat begin every other paragraph of a novel with a number or a space.
bool DraftSession::mustBeginProse(const Lane& lane, std::size_t cell) const {
    if (prompt().unlikeProse) return false;
    if (cell == 0) return prompt().breakAtLeft;
    const std::int64_t before = lane.cells[cell - 1].id;
    return before != Cell::kUnknown && vocabulary().piece(before).ends_with('\n');
}

Probabilities DraftSession::probabilities(const torch::Tensor& row, const TokenEdges& edges) const {
    const SamplingRule rule{options().temperature, options().topP};
    const std::span<const float> logits(row.const_data_ptr<float>(), std::size_t(row.numel()));
    const auto of = [&](const TokenMask& allowed) { return std::span(allowed).first(logits.size()); };
    if (!edges.any()) return distribution(logits, rule, of(vocabulary().allowed()));
    return distribution(logits, rule, of(vocabulary().allowed(edges)));
}

void DraftSession::guess(Lane& lane, std::span<const std::size_t> cells, const torch::Tensor& logits) const {
    if (cells.empty()) return;
    const auto [confidence, likeliest] = torch::softmax(logits, -1).max(-1);
    for (std::size_t i = 0; i < cells.size(); ++i) {
        const auto row = std::int64_t(i);
        const std::int64_t id = likeliest[row].item<std::int64_t>();
        const bool allowed = vocabulary().allowed()[std::size_t(id)] != 0;
        Cell& cell = lane.cells[cells[i]];
        cell.id = allowed ? id : Cell::kUnknown;
        cell.confidence = allowed ? confidence[row].item<float>() : 0;
    }
}

double DraftSession::seconds() const {
    return std::chrono::duration<double>(Clock::now() - m_begin).count();
}

DraftStatistics DraftSession::statistics() const {
    DraftStatistics statistics;
    statistics.steps = m_passes;
    statistics.seconds = seconds();
    statistics.firstStepMs = m_firstStepMs;
    rusage usage{};
    if (getrusage(RUSAGE_SELF, &usage) == 0) statistics.peakRssMb = double(usage.ru_maxrss) / 1024; // from KiB
    return statistics;
}

RememberedLane DraftSession::remembered(const Lane& lane) const {
    RememberedLane kept;
    kept.index = lane.index;
    for (const Cell& cell : lane.cells) {
        kept.tokens.push_back(std::int32_t(cell.id));
        kept.pinned.push_back(cell.pinned);
    }
    if (std::size_t(lane.index) < m_steps.size()) kept.steps = m_steps[std::size_t(lane.index)];
    return kept;
}

} // namespace palimpsest
