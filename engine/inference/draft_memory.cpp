#include "engine/inference/draft_memory.h"

#include <algorithm>

namespace palimpsest {
namespace {

std::size_t bytesOf(const DraftRequest& request, const std::vector<RememberedLane>& lanes) {
    std::size_t bytes = request.notes.size() + request.left.size() + request.right.size() + request.text.size();
    for (const RememberedLane& lane : lanes) {
        bytes += lane.tokens.size() * (sizeof(std::int32_t) + 1);
        for (const RememberedStep& step : lane.steps) bytes += sizeof step + step.rest.size() * sizeof(std::int32_t);
    }
    return bytes;
}

} // namespace

void DraftMemory::remember(DraftRequest request, std::vector<RememberedLane> lanes) {
    std::erase_if(m_entries, [&](const Entry& entry) {
        if (entry.request.id != request.id) return false;
        m_bytes -= entry.bytes;
        return true;
    });
    const std::size_t bytes = bytesOf(request, lanes);
    m_entries.push_back({std::move(request), std::move(lanes), bytes});
    m_bytes += bytes;
    while (m_entries.size() > kDrafts || (m_bytes > kBytes && m_entries.size() > 1)) {
        m_bytes -= m_entries.front().bytes;
        m_entries.pop_front();
    }
}

Result<BranchPoint> DraftMemory::branchPoint(const DraftBranch& branch) const {
    const auto entry =
        std::find_if(m_entries.begin(), m_entries.end(), [&](const Entry& e) { return e.request.id == branch.from; });
    if (entry == m_entries.end())
        return Error{ErrorCode::NotFound, "The draft to branch from is not remembered: only the last 16 are."};
    const auto lane = std::find_if(entry->lanes.begin(), entry->lanes.end(),
                                   [&](const RememberedLane& l) { return l.index == branch.candidate; });
    if (lane == entry->lanes.end())
        return Error{ErrorCode::NotFound, "The draft to branch from has no such candidate."};
    if (branch.step < 0 || std::size_t(branch.step) >= lane->steps.size())
        return Error{ErrorCode::NotFound,
                     "The draft to branch from has no such step: it has " + std::to_string(lane->steps.size()) + "."};
    const RememberedStep& step = lane->steps[std::size_t(branch.step)];
    BranchPoint point;
    point.request = entry->request;
    point.request.id = branch.id;
    point.request.options = branch.options;
    point.length = lane->tokens.size();
    const std::size_t decided = std::min<std::size_t>(step.committed, lane->tokens.size());
    point.tokens.assign(lane->tokens.begin(), lane->tokens.begin() + std::ptrdiff_t(decided));
    point.pinned.assign(lane->pinned.begin(), lane->pinned.begin() + std::ptrdiff_t(decided));
    point.ahead.assign(step.rest.begin(), step.rest.end());
    return point;
}

} // namespace palimpsest
