#include "app/services/replace_hits.h"

#include "app/document/provenance.h"

#include <algorithm>
#include <map>
#include <optional>

namespace palimpsest {
namespace {

QString plainOf(const Block& block) {
    QString plain;
    for (const Span& span : block.spans) plain += span.text;
    return plain;
}

Marks marksAt(const Block& block, qsizetype position) {
    for (const Span& span : block.spans) {
        if (position < span.text.size()) return span.marks;
        position -= span.text.size();
    }
    return {};
}

// Where the paragraph is now: at its place, or the only one of that text.
std::optional<std::size_t> placeOf(const SceneText& text, const PickedHit& hit) {
    const auto at = std::size_t(hit.block);
    if (at < text.blocks.size() && plainOf(text.blocks[at]) == hit.paragraph) return at;
    std::optional<std::size_t> found;
    for (std::size_t i = 0; i < text.blocks.size(); ++i) {
        if (plainOf(text.blocks[i]) != hit.paragraph) continue;
        if (found) return std::nullopt;
        found = i;
    }
    return found;
}

} // namespace

ReplacedText replaceHits(const SceneText& text, const TextSearch& search, const Replacement& with,
                         const std::vector<PickedHit>& picked) {
    ReplacedText result{text, 0};
    std::map<std::size_t, std::vector<Interval>> byBlock;
    for (const PickedHit& hit : picked)
        if (const auto place = placeOf(text, hit)) byBlock[*place].push_back(hit.match);
    for (auto& [place, matches] : byBlock) {
        Block& block = result.text.blocks[place];
        const QString paragraph = plainOf(block);
        // From the end: what is before keeps its place.
        std::sort(matches.begin(), matches.end(), [](Interval a, Interval b) { return a.begin > b.begin; });
        for (const Interval match : matches) {
            const QString words = search.replacementFor(paragraph, match, with);
            block = applyEdit(block, {match.begin, match.end - match.begin, words, marksAt(block, match.begin)});
            ++result.replaced;
        }
    }
    return result;
}

} // namespace palimpsest
