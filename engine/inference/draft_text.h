// Drafts as text: pieces that make whole characters, ends of sentences and words, overlap of drafts. Torch-free.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace palimpsest {

// The text each token shows when all are joined: valid UTF-8 always. Where a character takes several tokens its last
// one carries it; malformed bytes show U+FFFD, and a character still unfinished at the end (or before a token that
// is unknown, an empty piece) shows nothing.
std::vector<std::string> shownTexts(const std::vector<std::string>& pieces);

bool beginsWithSpace(std::string_view text); // space, tab or line break
bool beginsWithWord(std::string_view text);  // a letter or digit; every character beyond ASCII but punctuation is one
bool endsWithWord(std::string_view text);

// With a space, a digit, or a mark that begins lists, headings, tables or quotations in plain text.
bool beginsUnlikeProse(std::string_view text);

// Does any line of the text?
bool hasLinesUnlikeProse(std::string_view text);

// Does a sentence end between the two? Told from its stop (and closing quotes) and what follows; "Mr. Brown" and
// "3.14" are no ends, a line break is one.
bool sentenceEndsBetween(std::string_view before, std::string_view after);

// How many of the tokens make the draft, or nothing while it should go on. `wish` is a wish: the draft ends with the
// first sentence that ends near it, which may take a third more tokens; or else with the last sentence that ended
// shortly before it; or else with a word, never inside one.
std::optional<std::size_t> endOfDraft(const std::vector<std::string>& pieces, std::size_t wish);

// Tokens after which endOfDraft() always has an answer.
std::size_t longestDraft(std::size_t wish);

// Runs of letters and digits, with apostrophes (of either shape, given as ') between them; ASCII in lower case.
std::vector<std::string> wordsOf(std::string_view text);

// Overlap of two texts in words (F1 of their multisets, case ignored), 0 … 1.
double wordOverlap(std::string_view a, std::string_view b);

} // namespace palimpsest
