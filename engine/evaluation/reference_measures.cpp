#include "engine/evaluation/reference_measures.h"

#include "engine/inference/draft_text.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <sstream>

namespace palimpsest {
namespace {

constexpr int kOrders = 4;

using Grams = std::map<std::vector<std::string>, int>;

bool isDigit(char c) {
    return c >= '0' && c <= '9';
}

bool isStop(char c) {
    return c == '.' || c == ',';
}

// ASCII but letters, digits, and what depends on its neighbours: apostrophe, comma, hyphen, full stop.
bool standsAlone(char c) {
    return (c > ' ' && c <= '&') || (c >= '(' && c <= '+') || c == '/' || (c >= ':' && c <= '@') ||
           (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

void replaceAll(std::string& text, std::string_view what, std::string_view by) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + by.size()))
        text.replace(at, what.size(), by);
}

// Every two neighbours of these kinds, none in two pairs, with a space before, between or behind, as `spaces` says.
template<class First, class Second>
std::string spaced(const std::string& text, First first, Second second, const char* before, const char* behind) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (i + 1 < text.size() && first(text[i]) && second(text[i + 1])) {
            out.append(before).append(1, text[i]).append(1, ' ').append(1, text[i + 1]).append(behind);
            ++i;
        } else {
            out += text[i];
        }
    }
    return out;
}

Grams gramsOf(const std::vector<std::string>& tokens, int order) {
    Grams grams;
    for (auto at = tokens.begin(); tokens.end() - at >= order; ++at) ++grams[{at, at + order}];
    return grams;
}

// What corpus BLEU adds up.
struct Matches {
    std::array<double, kOrders> right{}, all{};
    double length = 0, referenceLength = 0;

    void add(const std::string& text, const std::vector<std::string>& references) {
        const auto tokens = bleuTokens(text);
        std::vector<std::vector<std::string>> others;
        for (const std::string& reference : references) others.push_back(bleuTokens(reference));
        const auto size = double(tokens.size());
        double nearest = double(others.front().size());
        for (const auto& other : others) {
            const double own = std::abs(double(other.size()) - size), best = std::abs(nearest - size);
            if (own < best || (own == best && double(other.size()) < nearest)) nearest = double(other.size());
        }
        length += size;
        referenceLength += nearest;
        for (int order = 1; order <= kOrders; ++order) count(tokens, others, order);
    }

    // Orders: those counted; fewer where the text has none of an order and only one text is judged.
    double bleu(bool effectiveOrder) const {
        if (right[0] == 0) return 0;
        double smooth = 1, sum = 0;
        int orders = 0;
        for (int n = 0; n < kOrders && all[std::size_t(n)] > 0; ++n) {
            const double hits = right[std::size_t(n)], total = all[std::size_t(n)];
            sum += std::log(hits > 0 ? hits / total : 1 / ((smooth *= 2) * total));
            ++orders;
        }
        if (orders < kOrders && !effectiveOrder) return 0;
        const double brevity = length < referenceLength ? std::exp(1 - referenceLength / length) : 1;
        return 100 * brevity * std::exp(sum / orders);
    }

private:
    void count(const std::vector<std::string>& tokens, const std::vector<std::vector<std::string>>& others, int order) {
        Grams most;
        for (const auto& other : others)
            for (const auto& [gram, times] : gramsOf(other, order)) {
                int& value = most[gram];
                value = std::max(value, times);
            }
        for (const auto& [gram, times] : gramsOf(tokens, order)) {
            all[std::size_t(order - 1)] += times;
            const auto found = most.find(gram);
            if (found != most.end()) right[std::size_t(order - 1)] += std::min(times, found->second);
        }
    }
};

double commonSubsequence(const std::vector<std::string>& a, const std::vector<std::string>& b) {
    std::vector<std::size_t> row(b.size() + 1), last;
    for (const std::string& word : a) {
        last = row;
        for (std::size_t j = 1; j <= b.size(); ++j)
            row[j] = word == b[j - 1] ? last[j - 1] + 1 : std::max(last[j], row[j - 1]);
    }
    return double(row[b.size()]);
}

} // namespace

std::vector<std::string> bleuTokens(std::string_view given) {
    std::string text(given);
    replaceAll(text, "<skipped>", "");
    replaceAll(text, "-\n", "");
    replaceAll(text, "\n", " ");
    for (const auto& [entity, sign] : {std::pair("&quot;", "\""), {"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}})
        replaceAll(text, entity, sign);
    std::string alone(" ");
    for (const char c : text) standsAlone(c) ? alone.append(1, ' ').append(1, c).append(1, ' ') : alone.append(1, c);
    alone += ' ';
    const auto noDigit = [](char c) { return !isDigit(c); };
    text = spaced(alone, noDigit, isStop, "", " ");
    text = spaced(text, isStop, noDigit, " ", "");
    text = spaced(
        text, isDigit, [](char c) { return c == '-'; }, "", " ");
    std::istringstream words(text);
    std::vector<std::string> tokens;
    for (std::string word; words >> word;) tokens.push_back(std::move(word));
    return tokens;
}

double corpusBleu(const std::vector<std::string>& texts, const std::vector<std::vector<std::string>>& references) {
    Matches matches;
    for (std::size_t i = 0; i < texts.size(); ++i) matches.add(texts[i], references[i]);
    return matches.bleu(false);
}

double sentenceBleu(const std::string& text, const std::vector<std::string>& references) {
    Matches matches;
    matches.add(text, references);
    return matches.bleu(true);
}

double rougeL(const std::vector<std::string>& texts, const std::vector<std::vector<std::string>>& references) {
    double sum = 0;
    for (std::size_t i = 0; i < texts.size(); ++i) {
        const auto words = wordsOf(texts[i]);
        double best = 0;
        for (const std::string& reference : references[i]) {
            const auto other = wordsOf(reference);
            if (!words.empty() && !other.empty())
                best = std::max(best, 2 * commonSubsequence(words, other) / double(words.size() + other.size()));
        }
        sum += best;
    }
    return texts.empty() ? 0 : sum / double(texts.size());
}

std::size_t agreedOn(const std::vector<std::string>& candidates) {
    std::size_t best = 0;
    double most = -1;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        double sum = 0;
        for (std::size_t j = 0; j < candidates.size(); ++j)
            if (j != i) sum += sentenceBleu(candidates[i], {candidates[j]});
        if (sum > most) {
            most = sum;
            best = i;
        }
    }
    return best;
}

} // namespace palimpsest
