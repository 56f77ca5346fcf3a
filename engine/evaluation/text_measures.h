// Measures of drafted texts. Words: wordsOf() of engine/inference/draft_text.h. Torch-free.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace palimpsest {

// Different n-grams of words over all n-grams, of all texts together (Li et al., arXiv 1510.03055); 0 without any.
double distinctShare(const std::vector<std::string>& texts, int n);

// Four-grams of words that stood in the same text before, per 1,000 words.
double repetitionsPer1000(const std::vector<std::string>& texts);

// Of the distribution of words over all texts together, in nats. Grows with the amount of text: compare equal amounts.
double wordEntropy(const std::vector<std::string>& texts);

// Words of `before` that are not in the longest common subsequence with `after`, as a share of them; 0 without words.
double changedShare(std::string_view before, std::string_view after);

// Mean of single measurements, and the standard error of that mean.
class Mean {
public:
    void add(double value);
    int count() const { return m_count; }
    double mean() const;
    double error() const; // 0 for fewer than two

private:
    int m_count = 0;
    double m_mean = 0, m_squares = 0; // Welford's running sums
};

} // namespace palimpsest
