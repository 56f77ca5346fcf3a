#include "engine/training/scratch_start.h"

#include "engine/data/corpus.h"
#include "engine/data/document_order.h"
#include "engine/data/learnt_tokenizer.h"
#include "engine/data/pair_corpus.h"
#include "engine/data/pair_tokens.h"
#include "models/scratch_model.h"
#include "models/sha256.h"

#include <fstream>

namespace palimpsest {
namespace {

constexpr std::uint64_t kGoldenRatio = 0x9E3779B97F4A7C15; // of 2^64
constexpr std::size_t kMostTokenizerBytes = 64 << 20;      // of texts: more teach a tokenizer nothing

Result<std::vector<std::string>> pairTexts(const std::filesystem::path& corpus) {
    const auto pairs = readPairs(corpus);
    if (!pairs) return pairs.error();
    std::vector<std::string> texts;
    for (const PairSource& pair : *pairs) {
        if (pair.split != PairSplit::Train) continue;
        texts.push_back(' ' + pair.source);
        for (const std::string& target : pair.targets) texts.push_back(' ' + target);
    }
    return texts;
}

Result<std::vector<std::string>> plainTexts(const std::filesystem::path& folder) {
    const auto corpus = findCorpus(folder);
    if (!corpus) return corpus.error();
    std::vector<std::string> texts;
    std::size_t bytes = 0;
    for (const CorpusFile& file : corpus->files) {
        if (file.heldOut || bytes > kMostTokenizerBytes) continue;
        std::ifstream lines(folder / file.path);
        for (std::string line; std::getline(lines, line);) {
            bytes += line.size();
            texts.push_back(std::move(line));
        }
    }
    return texts;
}

} // namespace

Result<std::filesystem::path> startScratch(const TrainJob& job) {
    const TrainConfig& c = job.config;
    const auto folder = job.out / "initial";
    std::filesystem::path tokenizer = c.tokenizer;
    if (std::error_code error; tokenizer.empty() && !std::filesystem::exists(folder / "model.json", error)) {
        const auto texts = c.pairs ? pairTexts(job.corpus) : plainTexts(job.corpus);
        if (!texts) return texts.error();
        tokenizer = job.out / "tokenizer.model";
        if (auto learnt = learnTokenizer(tokenizer, *texts, c.vocabulary); !learnt) return learnt.error();
    }
    ScratchSizes sizes;
    sizes.layers = c.depth;
    sizes.width = c.width;
    sizes.heads = c.heads;
    sizes.feedForward = c.feedForward;
    sizes.context = c.context;
    if (c.objective == "squared_error") sizes.embeddingDeviation = 1; // noise has the deviation of embeddings
    sizes.calibrated = c.schedule == "calibrated";
    sizes.pattern = c.pattern;
    sizes.gamma = c.gamma;
    sizes.expertsPerToken = c.expertsPerToken;
    sizes.seed = c.seed;
    if (auto made = makeScratchModel(folder, sizes, tokenizer); !made) return made.error();
    return folder;
}

Result<PairTexts> PairTexts::open(const TrainJob& job) {
    const auto tokenizer = Tokenizer::load(std::filesystem::path(job.config.base) / "tokenizer.model");
    if (!tokenizer) return tokenizer.error();
    const auto tokens = PairTokens::of(*tokenizer);
    if (!tokens) return tokens.error();
    const auto sources = readPairs(job.corpus);
    if (!sources) return sources.error();
    PairTexts texts;
    texts.m_offset = mixed(job.config.seed, 0);
    Sha256 digest;
    const auto add = [&](const std::string& text) {
        digest.add(std::as_bytes(std::span(text.c_str(), text.size() + 1))); // with its final 0: between texts
    };
    for (const PairSource& pair : *sources) {
        add(pair.source);
        const auto source = tokens->source(pair.source);
        for (const std::string& target : pair.targets) {
            add(target);
            auto ids = tokens->target(target, std::size_t(job.config.targetTokens));
            const bool fits = ids && source.size() + ids->size() <= std::size_t(job.config.context);
            if (!fits || pair.split == PairSplit::Test) continue;
            (pair.split == PairSplit::Train ? texts.m_pairs : texts.m_heldOut).push_back({source, *std::move(ids)});
        }
    }
    if (texts.m_pairs.empty())
        return Error{ErrorCode::InvalidArgument,
                     "no pair in " + job.corpus.string() + " fits: raise \"target_tokens\" or \"context\""};
    texts.m_digest = digest.hex();
    return texts;
}

const TokenPair& PairTexts::pair(std::uint64_t index) const {
    const double share = double((m_offset + index * kGoldenRatio) >> 11) * 0x1p-53; // [0, 1)
    return m_pairs[std::min(std::size_t(share * double(m_pairs.size())), m_pairs.size() - 1)];
}

} // namespace palimpsest
