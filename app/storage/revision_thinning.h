// Which automatic revisions of a text are let go: the older, the further apart those that stay.
#pragma once

#include <QDateTime>
#include <vector>

namespace palimpsest {

constexpr std::size_t kNewestRevisionsKept = 50;

// Indices into `newestFirst` to be removed. The newest 50 stay, and all of the newest one's last day; then one an hour
// for a week, one a day for a quarter of a year, one a week for ever. Ages count from the newest revision, not from the
// clock, so that one that was set wrong takes nothing away. Times out of order stay.
std::vector<std::size_t> thinnedOut(const std::vector<QDateTime>& newestFirst);

} // namespace palimpsest
