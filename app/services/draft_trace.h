// The steps of one candidate as they are kept: to scrub through, to branch from, to store.
//
// Steps never change once added; they are shared so that the project's thread can pack them while more come.
#pragma once

#include "engine/api/draft.h"
#include "engine/base/result.h"

#include <QByteArray>
#include <memory>
#include <vector>

namespace palimpsest {

class DraftTrace {
public:
    static constexpr int kMaxSteps = 600;

    // Takes a later step. Beyond kMaxSteps every second one is let go, but never the first or the newest; returns
    // true when that happened, and places in the trace are halved.
    bool add(DraftStep step);

    int size() const { return int(m_steps.size()); }
    const DraftStep& at(int place) const { return *m_steps[std::size_t(place)]; }
    const std::vector<std::shared_ptr<const DraftStep>>& steps() const { return m_steps; }

private:
    std::vector<std::shared_ptr<const DraftStep>> m_steps;
};

// One candidate of a stored draft.
struct StoredCandidate {
    std::uint64_t seed = 0;
    double agreement = -1;
    std::vector<TextRange> locks; // by the writer, in bytes of the last step's text
    std::vector<std::shared_ptr<const DraftStep>> steps;
};

// The stored form, compressed (app/storage/project_format.md). Thread-safe; blocks for milliseconds.
QByteArray packTrace(const std::vector<StoredCandidate>& candidates);
// Corrupt for anything that packTrace() did not write.
Result<std::vector<StoredCandidate>> unpackTrace(const QByteArray& bytes);

} // namespace palimpsest
