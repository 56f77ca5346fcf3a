#include "app/storage/revision_thinning.h"

namespace palimpsest {
namespace {

constexpr qint64 kHour = 3600, kDay = 24 * kHour, kWeek = 7 * kDay;

// Between two that stay, at that age.
qint64 distanceAt(qint64 age) {
    if (age <= kDay) return 0;
    if (age <= kWeek) return kHour;
    return age <= 13 * kWeek ? kDay : kWeek;
}

} // namespace

std::vector<std::size_t> thinnedOut(const std::vector<QDateTime>& newestFirst) {
    std::vector<std::size_t> removed;
    if (newestFirst.size() <= kNewestRevisionsKept) return removed;
    const qint64 newest = newestFirst.front().toSecsSinceEpoch();
    qint64 lastKept = newestFirst[kNewestRevisionsKept - 1].toSecsSinceEpoch();
    for (std::size_t i = kNewestRevisionsKept; i < newestFirst.size(); ++i) {
        const qint64 time = newestFirst[i].toSecsSinceEpoch();
        const qint64 distance = distanceAt(newest - time);
        // In slots of the clock, not from one to the next: the same ones stay however often this is done.
        if (distance > 0 && time <= lastKept && time / distance == lastKept / distance)
            removed.push_back(i);
        else
            lastKept = time;
    }
    return removed;
}

} // namespace palimpsest
