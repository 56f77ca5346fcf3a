#include "ui/palette/fuzzy.h"

#include <algorithm>
#include <vector>

namespace palimpsest {
namespace {

constexpr int kLetter = 1, kAtWord = 8, kNextTo = 5, kAtName = 4;
constexpr int kNone = -1000;

} // namespace

// best[j]: of the typed letters so far, the last one at name[j].
int fuzzyScore(QStringView typed, QStringView name) {
    int last = 1;
    std::vector<int> best(std::size_t(name.size()), kNone), before;
    bool first = true;
    for (const QChar letter : typed) {
        if (letter.isSpace()) continue;
        before = best;
        int reach = first ? 0 : kNone; // the best of the letters before that ends before j
        for (qsizetype j = 0; j < name.size(); ++j) {
            const auto at = std::size_t(j);
            best[at] = kNone;
            if (name[j].toCaseFolded() == letter.toCaseFolded()) {
                const bool word = j == 0 || !name[j - 1].isLetterOrNumber();
                const int here = kLetter + (word ? kAtWord : 0) + (j == 0 ? kAtName : 0);
                const int next = !first && j > 0 ? before[at - 1] + kNextTo : kNone;
                best[at] = std::max(reach, next) + here;
            }
            if (!first) reach = std::max(reach, before[at]);
        }
        last = best.empty() ? kNone : *std::max_element(best.begin(), best.end());
        if (last <= 0) return 0;
        first = false;
    }
    return last;
}

} // namespace palimpsest
