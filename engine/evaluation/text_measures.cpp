#include "engine/evaluation/text_measures.h"

#include "engine/inference/draft_text.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>

namespace palimpsest {
namespace {

std::vector<std::string> ngrams(const std::vector<std::string>& words, int n) {
    std::vector<std::string> all;
    for (std::size_t i = 0; i + std::size_t(n) <= words.size(); ++i) {
        std::string gram;
        for (int k = 0; k < n; ++k) gram += words[i + std::size_t(k)] + ' ';
        all.push_back(std::move(gram));
    }
    return all;
}

} // namespace

double distinctShare(const std::vector<std::string>& texts, int n) {
    std::set<std::string> different;
    std::size_t count = 0;
    for (const std::string& text : texts)
        for (std::string& gram : ngrams(wordsOf(text), n)) {
            different.insert(std::move(gram));
            ++count;
        }
    return count == 0 ? 0 : double(different.size()) / double(count);
}

double repetitionsPer1000(const std::vector<std::string>& texts) {
    std::size_t words = 0, repeated = 0;
    for (const std::string& text : texts) {
        const auto all = wordsOf(text);
        words += all.size();
        std::set<std::string> seen;
        for (std::string& gram : ngrams(all, 4)) repeated += !seen.insert(std::move(gram)).second;
    }
    return words == 0 ? 0 : 1000.0 * double(repeated) / double(words);
}

double wordEntropy(const std::vector<std::string>& texts) {
    std::map<std::string, double> counts;
    double total = 0;
    for (const std::string& text : texts)
        for (std::string& word : wordsOf(text)) {
            ++counts[std::move(word)];
            ++total;
        }
    double entropy = 0;
    for (const auto& [word, count] : counts) entropy -= count / total * std::log(count / total);
    return entropy;
}

double changedShare(std::string_view before, std::string_view after) {
    const auto a = wordsOf(before), b = wordsOf(after);
    if (a.empty()) return 0;
    std::vector<std::size_t> row(b.size() + 1), last; // longest common subsequence of prefixes
    for (const std::string& word : a) {
        last = row;
        for (std::size_t j = 1; j <= b.size(); ++j)
            row[j] = word == b[j - 1] ? last[j - 1] + 1 : std::max(last[j], row[j - 1]);
    }
    return 1 - double(row[b.size()]) / double(a.size());
}

void Mean::add(double value) {
    ++m_count;
    const double delta = value - m_mean;
    m_mean += delta / m_count;
    m_squares += delta * (value - m_mean);
}

double Mean::mean() const {
    return m_mean;
}

double Mean::error() const {
    return m_count < 2 ? 0 : std::sqrt(m_squares / (m_count - 1) / m_count);
}

} // namespace palimpsest
