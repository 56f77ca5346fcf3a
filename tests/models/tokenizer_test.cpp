// The derived tokenizer: lossless on whatever a writer may have in a manuscript.
#include "models/tokenizer.h"

#include "models/sentencepiece_export.h"
#include "tests/support/cases.h"
#include "tests/support/real_model.h"
#include "tests/support/scratch_folder.h"
#include "tests/support/tiny_model.h"

#include <limits>

namespace palimpsest {
namespace {

using test::GgufBuilder;
using test::ScratchFolder;

const char* const kTexts[] = {
    "",
    "She said: “It was—well—nothing.”\n\n\tHe laughed.",
    "  leading,   inner and trailing spaces   ",
    "tabs\t\tand\r\nline ends\rof all kinds\n\n\n",
    "emoji 👩‍🚀🏳️‍🌈 and 中文, עברית, e\u0301, ﬁ, \u00a0, \u200b, \ufeff",
    "▁ the space mark ▁▁ itself ▁",
    "<|endoftext|> <|im_start|>user <0x41> <unused_3> <unk>",
    "1234567890 3.14159 £12,000",
    "\x01\x02\x7f\t\f\v control characters",
};

// Comes back, or as U+FFFD where the vocabulary has no bytes for it: six control characters and what lies beyond plane
// 3, of which only private use and tags are assigned. Never gives an id without a row.
void checkCharacter(const Tokenizer& tokenizer, std::int64_t vocabulary, const std::string& text) {
    const auto ids = tokenizer.encode(text);
    const std::string back = tokenizer.decode(ids);
    const auto first = static_cast<unsigned char>(text[0]);
    const bool mayBeMissing = first < 0x20 || first >= 0xF1;
    CHECK(back == text || (mayBeMissing && back == "\uFFFD")) << text;
    for (std::int64_t id : ids) CHECK(id < vocabulary && !tokenizer.isControl(id)) << id << "in" << text;
}

void checkLossless(const Tokenizer& tokenizer, std::int64_t vocabulary) {
    for (const char* text : kTexts) {
        const auto ids = tokenizer.encode(text);
        CHECK(tokenizer.decode(ids) == text) << text;
        for (std::int64_t id : ids) CHECK(id < vocabulary && !tokenizer.isControl(id)) << id << "in" << text;
    }
    for (int byte = 1; byte < 0x80; ++byte) checkCharacter(tokenizer, vocabulary, std::string(1, char(byte)));
    const std::string zero("a\0b", 3);
    CHECK(tokenizer.decode(tokenizer.encode(zero)) == zero);
    // Every lead byte of a character, so that every byte piece is met.
    for (int c = 0x80; c < 0x110000; c += c < 0x3000 ? 7 : 0x1F1) {
        if (c >= 0xD800 && c < 0xE000) continue;
        std::string text;
        if (c < 0x800)
            text = {char(0xC0 | c >> 6), char(0x80 | (c & 63))};
        else if (c < 0x10000)
            text = {char(0xE0 | c >> 12), char(0x80 | (c >> 6 & 63)), char(0x80 | (c & 63))};
        else
            text = {char(0xF0 | c >> 18), char(0x80 | (c >> 12 & 63)), char(0x80 | (c >> 6 & 63)),
                    char(0x80 | (c & 63))};
        checkCharacter(tokenizer, vocabulary, text);
    }
}

Result<Tokenizer> tinyTokenizer(const ScratchFolder& folder) {
    const auto model = test::writeTinyModel(folder.path() / "tiny", false);
    CHECK(model.ok()) << (model ? "" : model.error().message);
    return Tokenizer::load(folder.path() / "tiny" / "tokenizer.model");
}

CASE(theTinyTokenizerIsLossless) {
    const ScratchFolder folder;
    const auto tokenizer = tinyTokenizer(folder);
    CHECK(tokenizer.ok());
    if (tokenizer) checkLossless(*tokenizer, tokenizer->size());
}

CASE(theRealTokenizerIsLossless) {
    const auto folder = test::realModel(StoredType::F32);
    CHECK(folder.ok()) << (folder ? "" : folder.error().message);
    if (!folder) return;
    const auto tokenizer = Tokenizer::load(*folder / "tokenizer.model", 49152);
    CHECK(tokenizer.ok());
    if (tokenizer) checkLossless(*tokenizer, 49152);
}

CASE(invalidUtf8IsReplaced) {
    const ScratchFolder folder;
    const auto tokenizer = tinyTokenizer(folder);
    if (!tokenizer) return;
    const std::pair<const char*, const char*> texts[] = {
        {"a\xff"
         "b",
         "a\uFFFDb"},
        {"\xc3", "\uFFFD"},
        {"\xe2\x82", "\uFFFD\uFFFD"},
        {"\xc0\xaf", "\uFFFD\uFFFD"},
        {"\xed\xa0\x80", "\uFFFD\uFFFD\uFFFD"},
        {"\xf4\x90\x80\x80", "\uFFFD\uFFFD\uFFFD\uFFFD"},
    };
    for (const auto& [bytes, wanted] : texts) CHECK(tokenizer->decode(tokenizer->encode(bytes)) == wanted) << wanted;
}

CASE(controlTokensAreNoText) {
    const ScratchFolder folder;
    const auto tokenizer = tinyTokenizer(folder);
    if (!tokenizer) return;
    for (std::int64_t id : {0, 1, 2}) CHECK(tokenizer->isControl(id) && tokenizer->piece(id).empty());
    CHECK(tokenizer->isControl(-1) && tokenizer->isControl(1 << 20) && tokenizer->piece(1 << 20).empty());
    CHECK(!tokenizer->isControl(3));
}

CASE(mergesAreTakenInTheirOrder) {
    const ScratchFolder folder;
    const auto tokenizer = tinyTokenizer(folder);
    if (!tokenizer) return;
    const auto ids = tokenizer->encode(" the house");
    CHECK(ids.size() == 2 && tokenizer->piece(ids[0]) == " the" && tokenizer->piece(ids[1]) == " house");
}

// A vocabulary that is SentencePiece's own: pieces, scores and types as they are.
CASE(sentencePieceVocabulariesAreKept) {
    const ScratchFolder folder;
    GgufBuilder gguf;
    std::vector<std::string> tokens{"<unk>", "<s>", "</s>"};
    std::vector<std::int32_t> types{2, 3, 3};
    std::vector<float> scores{0, 0, 0};
    const char* digits = "0123456789ABCDEF";
    for (int b = 0; b < 256; ++b) {
        tokens.push_back({'<', '0', 'x', digits[b >> 4], digits[b & 15], '>'});
        types.push_back(6);
        scores.push_back(0);
    }
    for (const char* piece : {"▁", "t", "h", "e", "th", "▁th", "▁the", "the"}) {
        tokens.push_back(piece);
        types.push_back(1);
        scores.push_back(-float(tokens.size()));
    }
    gguf.text("tokenizer.ggml.model", "llama");
    gguf.texts("tokenizer.ggml.tokens", tokens);
    gguf.integers("tokenizer.ggml.token_type", types);
    gguf.reals("tokenizer.ggml.scores", scores);
    gguf.write(folder.path() / "x.gguf");
    const auto file = GgufFile::open(folder.path() / "x.gguf");
    CHECK(file.ok());
    const auto exported = exportSentencePiece(*file, 270);
    CHECK(exported.ok()) << (exported ? "" : exported.error().message);
    if (!exported) return;
    GgufBuilder::writeFile(folder.path() / "tokenizer.model", exported->model);
    const auto tokenizer = Tokenizer::load(folder.path() / "tokenizer.model");
    CHECK(tokenizer.ok() && tokenizer->size() == 270);
    if (!tokenizer) return;
    CHECK(tokenizer->encode(" the") == std::vector<std::int64_t>{265}); // "▁the"
    CHECK(tokenizer->encode("the").size() == 1);
    checkLossless(*tokenizer, 270);
    // The unknown and control tokens, and the three unused ones up to 270.
    CHECK((exported->neverSampled == std::vector<std::int64_t>{0, 1, 2, 267, 268, 269}));
}

// Found by tests/fuzz: each of these once made a model that SentencePiece refuses, or read a number as none.
CASE(whatSentencePieceWouldRefuseBecomesAPieceThatIsNeverDrawn) {
    const ScratchFolder folder;
    const float none = std::numeric_limits<float>::quiet_NaN();
    const std::vector<std::string> tokens{"<unk>", "<other>", "<unused_3>", "", "<0x41>", "a", "b", "c"};
    for (const char* kind : {"llama", "gpt2"}) {
        GgufBuilder gguf;
        gguf.text("tokenizer.ggml.model", kind);
        gguf.texts("tokenizer.ggml.tokens", tokens);
        gguf.texts("tokenizer.ggml.merges", {});
        gguf.reals("tokenizer.ggml.token_type", {2, 2, 1, 1, 1, none, 1e30f, -1e30f});
        gguf.integer("tokenizer.ggml.unknown_token_id", 0);
        gguf.write(folder.path() / "x.gguf");
        const auto file = GgufFile::open(folder.path() / "x.gguf");
        const auto exported = exportSentencePiece(*file, 10);
        CHECK(exported.ok()) << (exported ? "" : exported.error().message);
        if (!exported) continue;
        CHECK((exported->neverSampled == std::vector<std::int64_t>{0, 1, 3, 4, 5, 6, 7, 8, 9})) << kind;
        GgufBuilder::writeFile(folder.path() / "tokenizer.model", exported->model);
        const auto tokenizer = Tokenizer::load(folder.path() / "tokenizer.model", 10);
        CHECK(tokenizer.ok() && tokenizer->piece(2) == "<unused_3>") << kind;
    }
}

CASE(otherTokenizersAreRefused) {
    const ScratchFolder folder;
    const auto refusal = [&](const GgufBuilder& gguf) {
        gguf.write(folder.path() / "x.gguf");
        const auto file = GgufFile::open(folder.path() / "x.gguf");
        const auto exported = exportSentencePiece(*file, 4);
        return exported ? std::string() : exported.error().message;
    };
    GgufBuilder none, other, noMerges, tooMany;
    none.text("x", "y");
    other.text("tokenizer.ggml.model", "bert");
    other.texts("tokenizer.ggml.tokens", {"a"});
    noMerges.text("tokenizer.ggml.model", "gpt2");
    noMerges.texts("tokenizer.ggml.tokens", {"a"});
    tooMany.text("tokenizer.ggml.model", "gpt2");
    tooMany.texts("tokenizer.ggml.tokens", {"a", "b", "c", "d", "e"});
    tooMany.texts("tokenizer.ggml.merges", {});
    CHECK(refusal(none).find("no tokenizer") != std::string::npos);
    CHECK(refusal(other).find("bert") != std::string::npos);
    CHECK(refusal(noMerges).find("merges") != std::string::npos);
    CHECK(refusal(tooMany).find("more tokens") != std::string::npos);
}

CASE(filesThatAreNoTokenizerAreRefused) {
    const ScratchFolder folder;
    GgufBuilder::writeFile(folder.path() / "garbage", "this is not a model");
    const auto garbage = Tokenizer::load(folder.path() / "garbage");
    CHECK(!garbage.ok() && garbage.error().code == ErrorCode::Corrupt);
    const auto missing = Tokenizer::load(folder.path() / "none");
    CHECK(!missing.ok() && missing.error().code == ErrorCode::NotFound);
}

} // namespace
} // namespace palimpsest
