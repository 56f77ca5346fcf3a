// What of training sees no Torch: configs, schedules, texts, the order of documents, and what of them is noised.
#include "engine/data/document_order.h"
#include "engine/training/document_plan.h"
#include "engine/training/train_log.h"
#include "engine/training/train_schedule.h"
#include "tests/engine/tiny_engine.h"
#include "tests/support/cases.h"
#include "tests/support/scratch_folder.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

namespace palimpsest::test {
namespace {

void write(const std::filesystem::path& path, const std::string& text) {
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << text;
}

std::string readAll(const std::filesystem::path& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

TokenCache cacheOf(const std::filesystem::path& folder, const std::filesystem::path& file) {
    const auto corpus = findCorpus(folder);
    const auto tokenizer = Tokenizer::load(tinyModelFolder() + "/tokenizer.model");
    CHECK(corpus.ok() && tokenizer.ok());
    auto cache = TokenCache::open(file, *corpus, *tokenizer, {}, {});
    CHECK(cache.ok()) << (cache ? "" : cache.error().message);
    return *cache;
}

CASE(everyBadValueIsNamed) {
    const std::pair<const char*, const char*> bad[] = {
        {"[]", "object"},
        {"{", "object"},
        {R"({"rnak": 3})", "\"rnak\""},
        {R"({"rank": 1.5})", "\"rank\""},
        {R"({"rank": 1025})", "1024"},
        {R"({"learning_rate": 0})", "above 0"},
        {R"({"ema": 1})", "below 1"},
        {R"({"seed": -1})", "\"seed\""},
        {R"({"dtype": "float16"})", "float32 or bfloat16"},
        {R"({"checkpoint_activations": 1})", "true or false"},
        {R"({"layers": [2, 1]})", "ascend"},
        {R"({"block_sizes": [8, 16]})", "same length"},
        {R"({"block_sizes": [8], "block_shares": [0]})", "all be 0"},
        {R"({"block_shares": ["x"]})", "\"block_shares\""},
        {R"({"experts": 2, "experts_per_token": 3})", "experts_per_token"},
        {R"({"last_document_tokens": 100})", "last_document_tokens"},
        {R"({"least_context": 200})", "least_context"},
        {R"({"distillation": 0, "cross_entropy": 0})", "both be 0"},
        {R"({"warmup_steps": 2000})", "warmup_steps"}};
    for (const auto& [text, word] : bad) {
        const auto config = trainConfigFromText(text);
        CHECK(!config.ok() && config.error().code == ErrorCode::InvalidArgument) << text;
        if (config.ok()) continue;
        CHECK(config.error().message.find(word) != std::string::npos) << config.error().message;
        CHECK(config.error().message.find('\n') == std::string::npos);
    }
}

CASE(aWrittenConfigReadsAsTheSameAndThePageKnowsItsKeys) {
    const auto config =
        trainConfigFromText(R"({"layers": [0, 3], "seed": 18446744073709551615, "ema": 0.99, "initial": "x"})");
    CHECK(config.ok());
    const auto again = trainConfigFromText(trainConfigText(*config));
    CHECK(again.ok() && trainConfigText(*again) == trainConfigText(*config));
    CHECK(config->adapts(3) && !config->adapts(1) && TrainConfig().adapts(1));
    CHECK(continuationProblem(*config, *again).empty());
    TrainConfig other = *config;
    other.checkpointSteps = 7;
    CHECK(continuationProblem(*config, other).empty());
    other.rank = 7;
    CHECK(continuationProblem(*config, other) == "rank");
    const std::string page = readAll(std::filesystem::path(PALIMPSEST_SOURCE_DIR) / "docs/training.md");
    for (const std::string& key : trainConfigKeys()) CHECK(page.find("`" + key + "`") != std::string::npos) << key;
}

CASE(theRateRisesAndFallsAndDocumentsGrow) {
    TrainConfig c;
    c.steps = 100;
    c.warmupSteps = 10;
    c.firstDocumentTokens = 256;
    c.lastDocumentTokens = 1500;
    CHECK(std::abs(learningRateAt(c, 0) - c.learningRate / 10) < 1e-12);
    CHECK(learningRateAt(c, 9) == c.learningRate && learningRateAt(c, 10) == c.learningRate);
    CHECK(std::abs(learningRateAt(c, 99) - c.learningRate * c.lastRateShare) < 1e-12);
    for (int s = 11; s < 100; ++s) CHECK(learningRateAt(c, s) <= learningRateAt(c, s - 1)) << s;
    CHECK(documentTokensAt(c, 0) == 256 && documentTokensAt(c, 25) == 512 && documentTokensAt(c, 50) == 1024);
    CHECK(documentTokensAt(c, 99) == 1500 && documentTokensAt(c, 1000) == 1500);
}

CASE(aCacheIsUsedAgainUntilATextChanges) {
    const ScratchFolder scratch;
    const auto folder = scratch.path() / "corpus", file = scratch.path() / "tokens.bin";
    write(folder / "a.txt", "The house stood at the end of a long lane.\n\nNobody lived in it.\n");
    write(folder / "b.txt", std::string(200'000, 'x') + "\nand the end\n");
    write(folder / "empty.txt", "");
    write(folder / "notes.md", "not a text");
    write(folder / "valid/c.txt", "Held out.\n");
    const TokenCache first = cacheOf(folder, file);
    CHECK(first.texts().size() == 4 && first.texts()[2].tokens.empty());
    CHECK(!first.texts()[0].heldOut && first.texts()[3].heldOut);
    const auto tokenizer = Tokenizer::load(tinyModelFolder() + "/tokenizer.model");
    for (const auto& [text, path] : {std::pair{0, "a.txt"}, {1, "b.txt"}}) {
        const auto tokens = first.texts()[std::size_t(text)].tokens;
        const std::vector<std::int64_t> ids(tokens.begin(), tokens.end());
        CHECK(tokenizer->decode(ids) == readAll(folder / path)) << path;
    }
    const auto written = std::filesystem::last_write_time(file);
    CHECK(cacheOf(folder, file).digest() == first.digest() && std::filesystem::last_write_time(file) == written);
    write(folder / "a.txt", "The house stood at the end of a long lane.\n\nSomebody lived in it.\n");
    CHECK(cacheOf(folder, file).digest() != first.digest());
    write(file, "palimpsest-tok1\nand then nothing that is sound");
    CHECK(cacheOf(folder, file).texts().size() == 4);
}

CASE(theManifestWeighsHoldsOutAndIsChecked) {
    const ScratchFolder scratch;
    for (const char* name : {"a.txt", "b.txt", "c.txt"}) write(scratch.path() / name, std::string(4000, 'e'));
    write(scratch.path() / "manifest.tsv", "path\tsplit\tweight\na.txt\ttrain\t3\nb.txt\ttrain\t0\nc.txt\tvalid\t1\n");
    const auto corpus = findCorpus(scratch.path());
    CHECK(corpus.ok() && corpus->files.size() == 2 && corpus->files[0].weight == 3 && corpus->files[1].heldOut);
    write(scratch.path() / "manifest.tsv", "path\tweight\na.txt\tmuch\n");
    const auto bad = findCorpus(scratch.path());
    CHECK(!bad.ok() && bad.error().message.find("line 2") != std::string::npos);
    CHECK(findCorpus(scratch.path() / "nowhere").error().code == ErrorCode::NotFound);
}

CASE(documentsCoverTheTextsByTheirWeights) {
    const ScratchFolder scratch;
    const auto folder = scratch.path() / "corpus";
    std::string text;
    for (int i = 0; i < 4000; ++i) text += char('a' + i % 23);
    write(folder / "a.txt", text);
    write(folder / "b.txt", text);
    write(folder / "valid/c.txt", text);
    write(folder / "manifest.tsv", "path\tsplit\tweight\na.txt\ttrain\t3\nb.txt\ttrain\t1\n");
    const TokenCache cache = cacheOf(folder, scratch.path() / "tokens.bin");
    const DocumentOrder order(cache, false, 5), same(cache, false, 5), other(cache, false, 6);
    int fromA = 0, differing = 0;
    std::vector<int> parts(10);
    const auto& a = cache.texts()[0].tokens;
    for (std::uint64_t n = 0; n < 400; ++n) {
        const auto document = order.document(n, 100);
        CHECK(document.size() == 100 && document.data() == same.document(n, 100).data());
        differing += document.data() != other.document(n, 100).data();
        if (document.data() < a.data() || document.data() >= a.data() + a.size()) continue;
        ++fromA;
        ++parts[std::size_t(document.data() - a.data()) * 10 / (a.size() - 100 + 1)];
    }
    // Low discrepancy: within log(n) / n of the share (Niederreiter 1992), far nearer than chance.
    CHECK(std::abs(fromA - 300) <= 4) << fromA;
    for (const int part : parts) CHECK(std::abs(part - 30) <= 5) << part;
    CHECK(differing > 390);
    const DocumentOrder heldOut(cache, true, 0);
    CHECK(heldOut.tokens() == cache.texts()[2].tokens.size() &&
          heldOut.document(3, 1 << 20).size() == heldOut.tokens());
}

CASE(whatIsNoisedFollowsTheRecipe) {
    TrainConfig c;
    std::vector<std::uint32_t> tokens(640, 7);
    double infilling = 0, frontiers = 0, blocks = 0, locked = 0, positions = 0;
    for (std::uint64_t n = 0; n < 300; ++n) {
        const TrainingDocument d = planDocument(c, tokens, n);
        CHECK(d.blocks.size() == std::size_t(c.blocksPerDocument));
        infilling += !d.gaps.empty();
        for (std::size_t g = 0; g < d.gaps.size(); ++g) {
            CHECK(d.gaps[g].begin >= c.leastContext && d.gaps[g].end < std::int64_t(tokens.size()));
            CHECK(g == 0 || d.gaps[g].begin > d.gaps[g - 1].end) << "a gap without text before it";
        }
        for (const TrainingBlock& block : d.blocks) {
            const auto end = block.start + std::int64_t(block.levels.size());
            CHECK(block.start >= c.leastContext && end <= std::int64_t(tokens.size()));
            const bool fills = std::ranges::any_of(
                d.gaps, [&](const TrainingGap& gap) { return gap.begin == block.start && gap.end == end; });
            CHECK(d.gaps.empty() || fills);
            for (const float level : block.levels) CHECK(level >= 0 && level <= 1);
        }
    }
    CHECK(std::abs(infilling / 300 - c.infillShare) < 0.09) << infilling; // three standard deviations
    // Without frontiers the shares of locked positions are (1 - t) / 2 on average over t: a quarter.
    c.frontierShare = 0;
    c.infillShare = 0;
    for (std::uint64_t n = 0; n < 100; ++n)
        for (const TrainingBlock& block : planDocument(c, tokens, n).blocks)
            for (const float level : block.levels) {
                ++positions;
                locked += level == 0;
            }
    CHECK(std::abs(locked / positions - 0.25) < 0.01) << locked / positions;
    // With frontiers alone, what is locked is a prefix.
    c.frontierShare = 1;
    for (std::uint64_t n = 0; n < 50; ++n)
        for (const TrainingBlock& block : planDocument(c, tokens, n).blocks) {
            ++blocks;
            const auto open = std::ranges::find_if(block.levels, [](float level) { return level > 0; });
            frontiers += std::all_of(open, block.levels.end(), [](float level) { return level > 0; }) &&
                         open != block.levels.end();
        }
    CHECK(frontiers == blocks);
}

CASE(plansAreTheSameEachTimeAndFitShortTexts) {
    const TrainConfig c;
    for (const std::size_t length : {0, 3, 4, 10, 40, 200}) {
        const std::vector<std::uint32_t> tokens(length, 7);
        for (std::uint64_t n = 0; n < 50; ++n) {
            const TrainingDocument a = planDocument(c, tokens, n), b = planDocument(c, tokens, n);
            CHECK(a.blocks.size() == b.blocks.size() && a.noiseSeed == b.noiseSeed);
            CHECK(length >= 4 || a.blocks.empty());
            for (std::size_t i = 0; i < a.blocks.size(); ++i) {
                CHECK(a.blocks[i].start == b.blocks[i].start && a.blocks[i].levels == b.blocks[i].levels);
                CHECK(a.blocks[i].start >= 1 && !a.blocks[i].levels.empty());
                CHECK(a.blocks[i].start + std::int64_t(a.blocks[i].levels.size()) <= std::int64_t(length));
            }
        }
    }
}

CASE(aLogKeepsTheLinesUpToTheCheckpoint) {
    const ScratchFolder scratch;
    const auto file = scratch.path() / "log.jsonl";
    write(file, "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n{\"ste");
    auto log = TrainLog::open(file, 2);
    CHECK(log.ok() && log->add({{"step", 3}}).ok());
    CHECK(readAll(file) == "{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n");
}

CASE(lossesAddUpOverProcesses) {
    DocumentLoss one, two;
    one.targets = {{0.1f, 0, 0, 2, 1, {}}, {1.0f, 15, 0, 4, 0, 3.0f}, {1.0f, 15, 1, 4, 0, {}}};
    one.load = {3, 1};
    one.loss = 3;
    two.targets = {{0.2f, 2, 0, 1, 0, {}}};
    two.load = {0, 2};
    two.loss = 1;
    LossSums both(2), a(2), b(2);
    both.add(one);
    both.add(two);
    a.add(one);
    b.add(two);
    auto sum = a.values();
    const auto more = b.values();
    for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += more[i];
    a.setValues(sum);
    CHECK(a.toJson() == both.toJson());
    const auto json = both.toJson();
    CHECK(json["by_level"][0]["targets"] == 2 && json["by_level"][4]["cross_entropy"] == 4.0 && json["loss"] == 2.0);
    CHECK(json["by_position"][5]["sequential"] == 3.0) << "of those that were asked for";
    CHECK(json["by_position"][5]["cross_entropy"] == 4.0 && json["load"][1] == 3.0);
}

} // namespace
} // namespace palimpsest::test
