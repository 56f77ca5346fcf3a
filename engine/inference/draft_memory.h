// The last drafts and what they looked like after each pass, so that a new draft can branch off from there. Torch-free.
//
// Bounded: at most kDrafts of them and kBytes in all (the oldest go first).
#pragma once

#include "engine/api/draft.h"
#include "engine/api/messages.h"
#include "engine/base/result.h"

#include <cstdint>
#include <deque>
#include <vector>

namespace palimpsest {

// What stays when a draft branches off: the tokens decided by then, which never change afterwards, and the writer's
// locks among those to come.
struct RememberedStep {
    static constexpr std::int32_t kOpen = -1;
    std::uint32_t committed = 0;
    std::vector<std::int32_t> rest; // from position `committed` on: a locked token, or kOpen
};

struct RememberedLane {
    int index = 0;
    std::vector<std::int32_t> tokens; // at the end of the draft
    std::vector<char> pinned;         // of tokens
    std::vector<RememberedStep> steps;
};

// Where a branch begins.
struct BranchPoint {
    DraftRequest request;             // of the draft it leaves, with the branch's id and options
    std::vector<std::int64_t> tokens; // decided
    std::vector<char> pinned;         // of tokens
    std::vector<std::int64_t> ahead;  // after those: a locked token, or RememberedStep::kOpen
    std::size_t length = 0;           // of the whole draft it leaves; only a wish where the length is one
};

class DraftMemory {
public:
    static constexpr std::size_t kDrafts = 16;
    static constexpr std::size_t kBytes = 64u << 20;

    void remember(DraftRequest request, std::vector<RememberedLane> lanes);

    // NotFound when the draft, candidate or step is unknown or forgotten.
    Result<BranchPoint> branchPoint(const DraftBranch& branch) const;

private:
    struct Entry {
        DraftRequest request;
        std::vector<RememberedLane> lanes;
        std::size_t bytes = 0;
    };
    std::deque<Entry> m_entries; // newest last
    std::size_t m_bytes = 0;
};

} // namespace palimpsest
