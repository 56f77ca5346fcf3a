#include "app/document/text_diff.h"

#include "app/document/sequence_diff.h"
#include "app/document/text_parts.h"

#include <QHash>

#include <algorithm>

namespace palimpsest {
namespace {

constexpr double kLeastLikeness = 0.3;         // of two paragraphs that count as one that was changed
constexpr std::size_t kMostPairings = 250'000; // compared between two paragraphs that are the same

struct Tokens {
    std::vector<Interval> places;
    std::vector<int> numbers;
    std::vector<bool> isWord;
    std::vector<int> words; // the numbers of the words, sorted
};

// Words, and every other character by itself; the same ones have the same number.
class Tokenizer {
public:
    Tokens read(const QString& text) {
        Tokens tokens;
        qsizetype at = 0;
        const auto add = [&](Interval place, bool word) {
            const QString token = text.mid(place.begin, place.end - place.begin);
            const int number = m_numbers.value(token, int(m_numbers.size()));
            m_numbers.insert(token, number);
            tokens.places.push_back(place);
            tokens.numbers.push_back(number);
            tokens.isWord.push_back(word);
            if (word) tokens.words.push_back(number);
        };
        const auto addOthers = [&](qsizetype end) {
            for (; at < end; ++at) add({at, at + 1}, false);
        };
        forEachWord(text, [&](Interval word) {
            addOthers(word.begin);
            add(word, true);
            at = word.end;
        });
        addOthers(text.size());
        std::sort(tokens.words.begin(), tokens.words.end());
        return tokens;
    }

private:
    QHash<QString, int> m_numbers;
};

double likeness(const Tokens& a, const Tokens& b) {
    if (a.words.empty() || b.words.empty()) return 0;
    std::size_t common = 0;
    for (std::size_t i = 0, k = 0; i < a.words.size() && k < b.words.size();) {
        if (a.words[i] == b.words[k])
            ++common, ++i, ++k;
        else
            a.words[i] < b.words[k] ? ++i : ++k;
    }
    return 2.0 * double(common) / double(a.words.size() + b.words.size());
}

void addInterval(std::vector<Interval>& intervals, Interval one) {
    if (one.begin == one.end) return;
    if (!intervals.empty() && intervals.back().end == one.begin)
        intervals.back().end = one.end;
    else
        intervals.push_back(one);
}

// A run of spaces and marks between two changes reads as part of them.
bool isWorthKeeping(const CommonRun& run, const Tokens& a, const Tokens& b) {
    const auto begin = a.isWord.begin() + run.a;
    return std::find(begin, begin + run.length, true) != begin + run.length || (run.a == 0 && run.b == 0) ||
           (run.a + run.length == int(a.places.size()) && run.b + run.length == int(b.places.size()));
}

void markWords(DiffRow& row, const Tokens& a, const Tokens& b) {
    int inA = 0, inB = 0;
    const auto markUntil = [&](int endA, int endB) {
        for (; inA < endA; ++inA) addInterval(row.removed, a.places[std::size_t(inA)]);
        for (; inB < endB; ++inB) addInterval(row.added, b.places[std::size_t(inB)]);
    };
    for (const CommonRun& run : commonRuns(a.numbers, b.numbers)) {
        if (!isWorthKeeping(run, a, b)) continue;
        markUntil(run.a, run.b);
        inA = run.a + run.length;
        inB = run.b + run.length;
    }
    markUntil(int(a.places.size()), int(b.places.size()));
}

class Differ {
public:
    Differ(const SceneText& before, const SceneText& after) : m_before(before), m_after(after) {}

    std::vector<DiffRow> run() {
        const auto [a, b] = numberBlocks(m_before, m_after);
        for (const CommonRun& run : commonRuns(a, b)) {
            addStretch(run.a, run.b);
            for (int i = 0; i < run.length; ++i) m_rows.push_back({run.a + i, run.b + i, true, {}, {}});
            m_doneA = run.a + run.length;
            m_doneB = run.b + run.length;
        }
        addStretch(int(a.size()), int(b.size()));
        return std::move(m_rows);
    }

private:
    // What stands between two paragraphs that are the same: [m_doneA, endA) became [m_doneB, endB).
    void addStretch(int endA, int endB) {
        std::vector<Tokens> a, b;
        for (int i = m_doneA; i < endA; ++i) a.push_back(m_tokenizer.read(m_before.blocks[std::size_t(i)].plain()));
        for (int i = m_doneB; i < endB; ++i) b.push_back(m_tokenizer.read(m_after.blocks[std::size_t(i)].plain()));
        std::size_t i = 0, k = 0;
        const auto addUntil = [&](std::size_t toA, std::size_t toB) {
            for (; i < toA; ++i) m_rows.push_back({m_doneA + int(i), -1, false, {{0, lengthOf(a[i])}}, {}});
            for (; k < toB; ++k) m_rows.push_back({-1, m_doneB + int(k), false, {}, {{0, lengthOf(b[k])}}});
        };
        for (const auto& [pairA, pairB] : pairs(a, b)) {
            addUntil(pairA, pairB);
            DiffRow row{m_doneA + int(pairA), m_doneB + int(pairB), false, {}, {}};
            markWords(row, a[pairA], b[pairB]);
            m_rows.push_back(std::move(row));
            i = pairA + 1;
            k = pairB + 1;
        }
        addUntil(a.size(), b.size());
    }

    static qsizetype lengthOf(const Tokens& tokens) { return tokens.places.empty() ? 0 : tokens.places.back().end; }

    // Which paragraph became which, in order, so that together they are as like as can be.
    static std::vector<std::pair<std::size_t, std::size_t>> pairs(const std::vector<Tokens>& a,
                                                                  const std::vector<Tokens>& b) {
        std::vector<std::pair<std::size_t, std::size_t>> found;
        const std::size_t width = b.size() + 1;
        if (a.empty() || b.empty()) return found;
        if (a.size() * b.size() > kMostPairings) {
            for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) found.emplace_back(i, i);
            return found;
        }
        std::vector<float> best((a.size() + 1) * width), alike((a.size() + 1) * width);
        for (std::size_t i = a.size(); i-- > 0;) {
            for (std::size_t k = b.size(); k-- > 0;) {
                const double like = likeness(a[i], b[k]);
                float& here = alike[i * width + k] = like >= kLeastLikeness ? float(like) : -1;
                best[i * width + k] = std::max(
                    {best[(i + 1) * width + k], best[i * width + k + 1], best[(i + 1) * width + k + 1] + here});
            }
        }
        for (std::size_t i = 0, k = 0; i < a.size() && k < b.size();) {
            const float here = alike[i * width + k];
            if (here > 0 && best[i * width + k] == best[(i + 1) * width + k + 1] + here)
                found.emplace_back(i++, k++);
            else
                best[i * width + k] == best[(i + 1) * width + k] ? ++i : ++k;
        }
        return found;
    }

    const SceneText& m_before;
    const SceneText& m_after;
    Tokenizer m_tokenizer;
    std::vector<DiffRow> m_rows;
    int m_doneA = 0, m_doneB = 0;
};

} // namespace

std::vector<DiffRow> diffTexts(const SceneText& before, const SceneText& after) {
    return Differ(before, after).run();
}

SceneText withRowRestored(const SceneText& before, const SceneText& after, const std::vector<DiffRow>& rows,
                          std::size_t row) {
    SceneText text;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const DiffRow& each = rows[i];
        if (i == row) {
            if (each.before >= 0) text.blocks.push_back(before.blocks[std::size_t(each.before)]);
        } else if (each.after >= 0) {
            text.blocks.push_back(after.blocks[std::size_t(each.after)]);
        }
    }
    return text;
}

} // namespace palimpsest
