// Measures of texts against references. Torch-free.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace palimpsest {

// A text as mteval-v13a cuts it: what sacrebleu calls 13a. Spaces between tokens.
std::vector<std::string> bleuTokens(std::string_view text);

// Corpus BLEU (Papineni et al., 2002) as sacrebleu 2 defines it by default: 13a tokens, case kept, up to four-grams, the
// reference nearest in length, zero counts smoothed exponentially. 0 … 100; 0 without texts.
// `references[i]`: of texts[i], at least one each.
double corpusBleu(const std::vector<std::string>& texts, const std::vector<std::vector<std::string>>& references);

// Of one text, with the n-grams it is long enough for (sacrebleu's sentence_bleu).
double sentenceBleu(const std::string& text, const std::vector<std::string>& references);

// F1 of the longest common subsequence of words (Lin, 2004) with the best reference, mean over the texts; 0 … 1.
// Words: wordsOf() of engine/inference/draft_text.h.
double rougeL(const std::vector<std::string>& texts, const std::vector<std::vector<std::string>>& references);

// Which of `candidates` the others agree with most: highest mean sentence BLEU against the rest (minimum Bayes risk; Gong
// et al., arXiv 2210.08933). The first of equals; at least one.
std::size_t agreedOn(const std::vector<std::string>& candidates);

} // namespace palimpsest
