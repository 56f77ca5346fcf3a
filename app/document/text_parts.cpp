#include "app/document/text_parts.h"

#include "app/document/sequence_diff.h"

#include <QHash>

#include <algorithm>

namespace palimpsest {
namespace {

qsizetype lengthOf(const Block& block) {
    qsizetype length = 0;
    for (const Span& span : block.spans) length += span.text.size();
    return length;
}

void append(std::vector<Span>& spans, const Span& span) {
    if (span.text.isEmpty()) return;
    if (!spans.empty() && spans.back().looksLike(span))
        spans.back().text += span.text;
    else
        spans.push_back(span);
}

// For every block of `a` the one of `b` that is the same, or -1.
std::vector<int> counterparts(const SceneText& a, const SceneText& b) {
    const auto [numbersA, numbersB] = numberBlocks(a, b);
    std::vector<int> found(a.blocks.size(), -1);
    for (const CommonRun& run : commonRuns(numbersA, numbersB))
        for (int i = 0; i < run.length; ++i) found[std::size_t(run.a + i)] = run.b + i;
    return found;
}

using Blocks = std::vector<Block>;

Blocks slice(const Blocks& blocks, int begin, int end) {
    return {blocks.begin() + begin, blocks.begin() + std::max(begin, end)};
}

bool contains(const Blocks& blocks, const Block& block) {
    return std::find(blocks.begin(), blocks.end(), block) != blocks.end();
}

// One stretch between two paragraphs that are the same everywhere.
Blocks mergeStretch(const SceneText& base, const SceneText& mine, const SceneText& theirs) {
    if (mine == base) return theirs.blocks;
    if (theirs == base) return mine.blocks;
    const std::vector<int> inMine = counterparts(base, mine);
    std::vector<int> inBase(mine.blocks.size(), -1);
    Blocks goneInMine, merged;
    for (std::size_t i = 0; i < inMine.size(); ++i) {
        if (inMine[i] >= 0)
            inBase[std::size_t(inMine[i])] = int(i);
        else
            goneInMine.push_back(base.blocks[i]);
    }
    // As many as before: each became the one in its place. Otherwise what is mine alone comes after what is theirs.
    const bool inPlace = base.blocks.size() == theirs.blocks.size();
    if (!inPlace)
        for (const Block& block : theirs.blocks)
            if (!contains(goneInMine, block)) merged.push_back(block);
    for (std::size_t i = 0; i < mine.blocks.size(); ++i) {
        if (inBase[i] < 0)
            merged.push_back(mine.blocks[i]);
        else if (inPlace)
            merged.push_back(theirs.blocks[std::size_t(inBase[i])]);
    }
    return merged;
}

// Where the place before `offset` is after a paragraph was changed; at the beginning of a word when it was changed
// around there.
qsizetype followOffset(const QString& was, const QString& is, qsizetype offset) {
    const qsizetype shorter = std::min(was.size(), is.size());
    qsizetype head = 0, tail = 0;
    while (head < shorter && was[head] == is[head]) ++head;
    while (tail < shorter - head && was[was.size() - 1 - tail] == is[is.size() - 1 - tail]) ++tail;
    if (offset <= head) return offset;
    if (offset >= was.size() - tail) return offset + is.size() - was.size();
    while (head > 0 && !is[head - 1].isSpace()) --head;
    return head;
}

} // namespace

Block partOf(const Block& block, qsizetype begin, qsizetype end) {
    Block part{block.kind, block.level, {}};
    qsizetype at = 0;
    for (const Span& span : block.spans) {
        const qsizetype from = std::max(begin - at, qsizetype(0));
        const qsizetype to = std::min(end - at, span.text.size());
        if (from < to) {
            Span piece = span;
            piece.text = span.text.mid(from, to - from);
            append(part.spans, piece);
        }
        at += span.text.size();
    }
    return part;
}

CutText cutText(const SceneText& text, TextPlace at) {
    const int count = int(text.blocks.size());
    at.block = std::clamp(at.block, 0, count);
    CutText cut;
    cut.first.blocks = slice(text.blocks, 0, at.block);
    if (at.block == count) return cut;
    const Block& block = text.blocks[std::size_t(at.block)];
    const qsizetype length = lengthOf(block);
    if (at.offset <= 0) {
        cut.second.blocks = slice(text.blocks, at.block, count);
    } else if (at.offset >= length) {
        cut.first.blocks.push_back(block);
        cut.second.blocks = slice(text.blocks, at.block + 1, count);
    } else {
        cut.insideParagraph = true;
        cut.first.blocks.push_back(partOf(block, 0, at.offset));
        cut.second.blocks = slice(text.blocks, at.block, count);
        cut.second.blocks.front() = partOf(block, at.offset, length);
    }
    return cut;
}

SceneText joinTexts(SceneText first, const SceneText& second, bool insideParagraph) {
    auto next = second.blocks.begin();
    if (insideParagraph && !first.blocks.empty() && next != second.blocks.end()) {
        for (const Span& span : next->spans) append(first.blocks.back().spans, span);
        ++next;
    }
    first.blocks.insert(first.blocks.end(), next, second.blocks.end());
    return first;
}

SceneText mergeChanges(const SceneText& base, const SceneText& mine, const SceneText& theirs) {
    if (mine == base) return theirs;
    if (theirs == base) return mine;
    const std::vector<int> inMine = counterparts(base, mine), inTheirs = counterparts(base, theirs);
    SceneText merged;
    int b = 0, m = 0, t = 0; // begin of the present stretch
    const auto close = [&](int baseEnd, int mineEnd, int theirsEnd) {
        const Blocks blocks = mergeStretch({slice(base.blocks, b, baseEnd)}, {slice(mine.blocks, m, mineEnd)},
                                           {slice(theirs.blocks, t, theirsEnd)});
        merged.blocks.insert(merged.blocks.end(), blocks.begin(), blocks.end());
    };
    for (int i = 0; i < int(base.blocks.size()); ++i) {
        const int toMine = inMine[std::size_t(i)], toTheirs = inTheirs[std::size_t(i)];
        if (toMine < 0 || toTheirs < 0) continue;
        close(i, toMine, toTheirs);
        merged.blocks.push_back(base.blocks[std::size_t(i)]);
        b = i + 1, m = toMine + 1, t = toTheirs + 1;
    }
    close(int(base.blocks.size()), int(mine.blocks.size()), int(theirs.blocks.size()));
    return merged;
}

TextPlace followPlace(const SceneText& base, const SceneText& now, TextPlace at) {
    if (now == base) return at;
    const std::vector<int> found = counterparts(base, now);
    const int count = int(base.blocks.size());
    at.block = std::clamp(at.block, 0, count);
    if (at.block < count && found[std::size_t(at.block)] >= 0) return {found[std::size_t(at.block)], at.offset};
    // The paragraph itself changed, or is gone: the place is between the nearest ones that are still there, or in the
    // one paragraph that took its place.
    int before = -1, behind = int(now.blocks.size());
    int gapBegin = 0, gapEnd = count;
    for (int i = at.block - 1; i >= 0 && before < 0; --i)
        if (found[std::size_t(i)] >= 0) before = found[std::size_t(i)], gapBegin = i + 1;
    for (int i = at.block; i < count && behind == int(now.blocks.size()); ++i)
        if (found[std::size_t(i)] >= 0) behind = found[std::size_t(i)], gapEnd = i;
    const int sameDistance = before + 1 + at.block - gapBegin;
    if (at.block < gapEnd && behind - before - 1 == gapEnd - gapBegin)
        return {sameDistance, followOffset(base.blocks[std::size_t(at.block)].plain(),
                                           now.blocks[std::size_t(sameDistance)].plain(), at.offset)};
    // No paragraph is cut that was not to be.
    return {at.offset > 0 ? std::min(sameDistance, behind) : std::max(before + 1, behind - (gapEnd - at.block)), 0};
}

std::pair<std::vector<int>, std::vector<int>> numberBlocks(const SceneText& a, const SceneText& b) {
    QHash<QString, std::vector<std::pair<const Block*, int>>> known; // by their words
    int last = 0;
    const auto number = [&](const SceneText& text) {
        std::vector<int> numbers;
        numbers.reserve(text.blocks.size());
        for (const Block& block : text.blocks) {
            auto& alike = known[block.plain()];
            const auto same =
                std::find_if(alike.begin(), alike.end(), [&](const auto& each) { return *each.first == block; });
            numbers.push_back(same == alike.end() ? ++last : same->second);
            if (same == alike.end()) alike.emplace_back(&block, last);
        }
        return numbers;
    };
    auto first = number(a);
    return {std::move(first), number(b)};
}

} // namespace palimpsest
