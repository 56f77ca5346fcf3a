// Pairs: reading and splitting them, a tokenizer learnt from them, and the measures of texts against references.
#include "engine/data/learnt_tokenizer.h"
#include "engine/data/pair_corpus.h"
#include "engine/data/pair_tokens.h"
#include "engine/evaluation/reference_measures.h"
#include "tests/support/cases.h"
#include "tests/support/scratch_folder.h"

#include <cmath>
#include <fstream>

namespace palimpsest::test {
namespace {

bool close(double a, double b, double by = 1e-6) {
    return std::abs(a - b) < by;
}

std::vector<std::string> someTexts() {
    std::vector<std::string> texts;
    for (const char* who : {"The old ferryman", "A girl with a lantern", "Nobody", "My brother's quarrelsome wife"})
        for (const char* what : {"waited by the river", "sold seven grey horses", "knew just what fog is"})
            texts.push_back(std::string(" ").append(who).append(1, ' ').append(what).append("."));
    return texts;
}

CASE(allTargetsOfASourceAreOnOneSideOfTheSplit) {
    const ScratchFolder scratch;
    std::ofstream(scratch.path() / "a.jsonl") << R"({"src": "one", "refs": ["1", "I"]})"
                                                 "\n"
                                              << R"({"src": "two", "trg": "2"})"
                                                 "\n";
    std::ofstream(scratch.path() / "b.tsv") << "one\tuno\nthree\t3\n";
    std::ofstream(scratch.path() / "manifest.tsv") << "path\tsplit\n";
    const auto pairs = readPairs(scratch.path());
    CHECK(pairs.ok() && pairs->size() == 3) << (pairs ? "" : pairs.error().message);
    CHECK((*pairs)[0].targets == std::vector<std::string>({"1", "I", "uno"}));
    int counts[3] = {};
    for (int i = 0; i < 3000; ++i) ++counts[int(splitOf("source " + std::to_string(i)))];
    // Tenths of 3,000, three standard deviations of a fair draw either way.
    CHECK(std::abs(counts[0] - 300) < 50 && std::abs(counts[1] - 300) < 50) << counts[0] << counts[1] << counts[2];
}

CASE(theSplitIsTheOneThatPublishedFiguresWereMadeWith) {
    CHECK(splitOf("name[Alimentum], area[city centre], familyFriendly[no]") == PairSplit::Train);
    std::string parts;
    for (int i = 0; i < 20; ++i) parts += "TVt"[int(splitOf(std::to_string(i)))];
    CHECK(parts == "ttTttttTtTtttVttVttV") << parts;
}

CASE(aLineThatIsNoPairIsNamed) {
    const ScratchFolder scratch;
    const auto file = scratch.path() / "a.jsonl";
    for (const char* line : {"{", "[]", R"({"src": "x"})", R"({"src": "x", "refs": []})", R"({"trg": "y"})"}) {
        std::ofstream(file) << R"({"src": "a", "trg": "b"})"
                               "\n"
                            << line << '\n';
        const auto pairs = readPairs(scratch.path());
        CHECK(!pairs.ok() && pairs.error().message.find("line 2") != std::string::npos) << line;
    }
    std::filesystem::remove(file);
    CHECK(readPairs(scratch.path()).error().code == ErrorCode::NotFound);
}

CASE(aLearntTokenizerIsLosslessAndMarksWhereATargetEnds) {
    const ScratchFolder scratch;
    const auto learnt = learnTokenizer(scratch.path() / "tokenizer.model", someTexts(), 300);
    CHECK(learnt.ok()) << (learnt ? "" : learnt.error().message);
    const auto tokenizer = Tokenizer::load(scratch.path() / "tokenizer.model");
    CHECK(tokenizer.ok() && tokenizer->size() == 300);
    for (const char* text : {" The old ferryman", "two  spaces\nand ünknown 字", ""})
        CHECK(tokenizer->decode(tokenizer->encode(text)) == text) << text;
    const auto tokens = PairTokens::of(*tokenizer);
    CHECK(tokens.ok());
    const auto target = tokens->target("Nobody waited.", 24);
    CHECK(target && target->size() == 24 && tokens->text(*target) == "Nobody waited.");
    CHECK(!tokens->target("Nobody waited.", 3)) << "a target keeps room for its end";
    CHECK(tokens->source("").size() == 2 && tokens->source("").back() != target->back());
    CHECK(!learnTokenizer(scratch.path() / "other.model", {"a b"}, 5000).ok());
}

// Values of sacrebleu 2.6.0: corpus_bleu and sentence_bleu with their defaults.
CASE(bleuIsWhatSacrebleuComputes) {
    const std::vector<std::string> texts{"The cat sat on the U.S.-based mat, didn't it?",
                                         "It costs $3.5 & more - \"really\".", "Nothing alike"};
    const std::vector<std::vector<std::string>> references{
        {"The cat sat on the mat, didn't it?", "A cat sat on the U.S.-based mat."},
        {"It costs $3,500 &amp; more - \"really\".", "That costs $3.5 & more."},
        {"Something else entirely.", "No match"}};
    CHECK(close(corpusBleu(texts, references), 90.83292250846021)) << corpusBleu(texts, references);
    CHECK(close(sentenceBleu(texts[0], references[0]), 93.65137582048804)) << sentenceBleu(texts[0], references[0]);
    CHECK(close(sentenceBleu("The cat", {"The cat sat"}), 60.653065971263366))
        << sentenceBleu("The cat", {"The cat sat"});
    CHECK(sentenceBleu("other words", {"The cat sat"}) == 0 && corpusBleu({}, {}) == 0);
}

CASE(rougeLCountsTheLongestCommonSubsequenceWithTheBestReference) {
    // Common: the, cat, mat of 4 and 6 words: 2 * 3 / 10.
    CHECK(close(rougeL({"the cat the mat"}, {{"nothing", "the cat sat on a mat"}}), 0.6));
    CHECK(rougeL({"same", ""}, {{"Same!"}, {"x"}}) == 0.5);
}

CASE(theCandidateMostOthersResembleIsAgreedOn) {
    CHECK(agreedOn({"a house by the river bank", "the cat sat on the mat", "the cat sat on the mats"}) == 1);
    CHECK(agreedOn({"alone"}) == 0);
}

} // namespace
} // namespace palimpsest::test
