#include "engine/inference/draft_text.h"
#include "tests/support/cases.h"

#include <cmath>

namespace palimpsest::test {
namespace {

using Pieces = std::vector<std::string>;

// Pieces as a byte-level tokenizer gives them: words with the space before them, stops alone.
Pieces split(const std::string& text) {
    Pieces out;
    for (const char c : text) {
        if (out.empty() || c == ' ' || c == '.' || c == '\n') out.emplace_back();
        out.back() += c;
    }
    return out;
}

CASE(sentencesEndWhereAReaderSaysSo) {
    CHECK(sentenceEndsBetween("He left.", " She"));
    CHECK(sentenceEndsBetween("He left.", "\n"));
    CHECK(sentenceEndsBetween("\"Go!\"", " he said"));
    CHECK(sentenceEndsBetween("“Go.”", " Then"));
    CHECK(sentenceEndsBetween("The end of a line", "\n"));
    CHECK(sentenceEndsBetween("It was I.", " He"));
    CHECK(!sentenceEndsBetween("Mr.", " Brown"));
    CHECK(!sentenceEndsBetween("J.", " Smith"));
    CHECK(!sentenceEndsBetween("He left", " her"));
    CHECK(!sentenceEndsBetween("3.", "14"));
    CHECK(!sentenceEndsBetween("He left.", "\""));
    CHECK(!sentenceEndsBetween("", " x"));
    CHECK(sentenceEndsBetween("終わり。", "次"));
}

CASE(aDraftEndsWithTheSentenceNearItsWish) {
    const Pieces all = split("One two three four five six. Seven eight nine ten eleven twelve. More words follow here");
    // 6 words and a stop are 7 pieces; the second sentence ends after 14.
    CHECK(endOfDraft(all, 7) == std::optional<std::size_t>(7));
    CHECK(endOfDraft(all, 12) == std::optional<std::size_t>(14));
    CHECK(endOfDraft(Pieces(all.begin(), all.begin() + 7), 7) == std::nullopt); // what follows is not known yet
    CHECK(endOfDraft(Pieces(all.begin(), all.begin() + 13), 12) == std::nullopt);
}

CASE(aDraftWithoutASentenceNearEndsWithAWord) {
    Pieces pieces{"One", " end."};
    for (int i = 0; i < 40; ++i) {
        pieces.push_back(" wo");
        pieces.push_back("rd");
    }
    const auto end = endOfDraft(pieces, 21);
    CHECK(end.has_value() && *end == 20) << (end ? *end : 0);
    CHECK(end && pieces[*end].front() == ' ');
}

CASE(aSentenceShortlyBeforeTheWishIsTakenWhenNoneFollows) {
    Pieces pieces = split("a b c d e f g h i j k l m n o.");
    for (int i = 0; i < 30; ++i) pieces.push_back(" word");
    CHECK(endOfDraft(pieces, 20) == std::optional<std::size_t>(16));
}

CASE(anEndIsAlwaysFoundAndNeverInsideACharacter) {
    const Pieces bytes = [] {
        Pieces all;
        for (int i = 0; i < 60; ++i)
            for (const char c : std::string("水")) all.emplace_back(1, c);
        return all;
    }();
    for (std::size_t wish = 1; wish < 60; ++wish) {
        const Pieces some(bytes.begin(), bytes.begin() + std::ptrdiff_t(longestDraft(wish) + 1));
        const auto end = endOfDraft(some, wish);
        CHECK(end.has_value() && *end % 3 == 0 && *end > 0) << wish << (end ? *end : 0);
    }
}

CASE(charactersOfSeveralTokensAreShownByTheirLast) {
    CHECK(shownTexts({"a", "\xC3", "\xA4", "b"}) == (Pieces{"a", "", "ä", "b"}));
    CHECK(shownTexts({"\xF0\x9F", "\x8C", "\x8A!"}) == (Pieces{"", "", "🌊!"}));
    CHECK(shownTexts({"a", "\xC3"}) == (Pieces{"a", ""}));         // unfinished
    CHECK(shownTexts({"\xC3", "", "b"}) == (Pieces{"", "", "b"})); // what follows is unknown
    CHECK(shownTexts({"\xC3", "b"}) == (Pieces{"", "\xEF\xBF\xBD"
                                                   "b"})); // malformed
    CHECK(shownTexts({"\xFF"}) == (Pieces{"\xEF\xBF\xBD"}));
}

CASE(wordsAreWithoutQuotesAndKeepTheirApostrophes) {
    CHECK((wordsOf("“Don’t,” she said—'tis 42 Ünder' the dogs''.") ==
           std::vector<std::string>{"don't", "she", "said", "tis", "42", "Ünder", "the", "dogs"}));
    CHECK(wordsOf(" … ").empty() && wordsOf("").empty());
}

CASE(proseBeginsWithNoSpaceDigitOrMark) {
    for (const char* text : {"1. Wash", "# One", "- tea", "*", "One\n Two", "One\nline\n\n2) two"})
        CHECK(hasLinesUnlikeProse(text)) << text;
    for (const char* text : {"", "\n", "He had 3 of them.\nThen - nothing.", "“No.”", "— said he"})
        CHECK(!hasLinesUnlikeProse(text)) << text;
    CHECK(beginsUnlikeProse(" One") && !beginsUnlikeProse("one 1") && !beginsUnlikeProse("\n"));
}

CASE(overlapCountsWordsTwiceSaid) {
    CHECK(wordOverlap("the sea, the sea", "The sea") == 2 * 2.0 / 6);
    CHECK(wordOverlap("a b", "a b") == 1 && wordOverlap("a", "b") == 0 && wordOverlap("", "") == 1);
}

} // namespace
} // namespace palimpsest::test
