// Tokens of any bytes as text: valid UTF-8 whatever they hold, and every draft has an end.
//
// Input: the wish, then tokens, each a length byte (0 … 7) and that many bytes.
#include "engine/base/utf8.h"
#include "engine/inference/draft_text.h"
#include "tests/fuzz/fuzz.h"

namespace palimpsest::fuzz {
namespace {

constexpr std::size_t kMaxPieces = 300; // endOfDraft() is for drafts, not for books

void readAll(std::string_view bytes) {
    Cursor cursor(bytes);
    const std::size_t wish = 1 + cursor.number(120);
    std::vector<std::string> pieces;
    while (!cursor.rest().empty() && pieces.size() < kMaxPieces) pieces.emplace_back(cursor.text(cursor.byte() % 8));

    std::string shown;
    const auto texts = shownTexts(pieces);
    require(texts.size() == pieces.size(), "every token shows something");
    for (const std::string& text : texts) {
        require(isValidUtf8(text), "what a token shows is valid UTF-8");
        shown += text;
    }
    const auto end = endOfDraft(pieces, wish);
    require(!end || (*end > 0 && *end <= pieces.size()), "a draft ends within its tokens");
    require(end || pieces.size() <= longestDraft(wish), "a draft of the longest length has an end");

    std::string raw;
    for (const std::string& piece : pieces) raw += piece;
    const std::string_view all = raw, front = all.substr(0, all.size() / 2), back = all.substr(all.size() / 2);
    (void)sentenceEndsBetween(front, back);
    (void)beginsWithWord(back);
    (void)endsWithWord(front);
    const double overlap = wordOverlap(front, back);
    require(overlap >= 0 && overlap <= 1, "an overlap is a share");
    require(wordOverlap(raw, raw) == 1, "a text overlaps itself wholly");
}

} // namespace

Plan plan() {
    std::string prose, dashes;
    for (const char* word :
         {"The", " end", " of", " Mr", ".", " Bro", "wn", ".", " It", " was", " \"so", "\"", ".", "\n"})
        prose += char(std::string_view(word).size()) + std::string(word);
    for (int i = 0; i < 40; ++i) dashes += "\x01\xE2\x02\x80\x94\x03\xE3\x80\x82\x02\xC3\xA9";
    return {{std::string("\0\x05", 2) + prose, std::string("\0\x08", 2) + dashes,
             std::string("\0\x02", 2) + prose + dashes + std::string(40, '\0')},
            10000};
}

} // namespace palimpsest::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    palimpsest::fuzz::readAll(palimpsest::fuzz::textOf(data, size));
    return 0;
}
