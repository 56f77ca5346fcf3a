#include "tests/support/tiny_model.h"

#include "models/import_gguf.h"
#include "models/quantisation.h"

#include <cmath>
#include <map>
#include <random>

namespace palimpsest::test {
namespace {

constexpr std::uint64_t kLayers = 3, kWidth = 32, kHeads = 4, kKeyHeads = 2, kHeadSize = 8, kFeedForward = 64;
constexpr std::uint64_t kRank = 4, kExperts = 4, kExpertWidth = 8, kLevelWidth = 16, kSequentialWidth = 12;

class Random {
public:
    explicit Random(std::uint64_t seed) : m_engine(seed) {}
    // Sum of twelve uniform draws: as good as normal here, and the same on every machine.
    float normal(double deviation) {
        double sum = -6;
        for (int i = 0; i < 12; ++i) sum += double(m_engine() >> 11) * 0x1p-53;
        return float(sum * deviation);
    }
    std::vector<float> normals(std::uint64_t count, double deviation) {
        std::vector<float> values(count);
        for (float& value : values) value = normal(deviation);
        return values;
    }

private:
    std::mt19937_64 m_engine;
};

// GPT-2's character for a byte.
std::string character(unsigned byte) {
    static const std::vector<std::string> all = [] {
        std::vector<std::string> made;
        unsigned next = 0x100;
        for (unsigned b = 0; b < 0x100; ++b) {
            const bool printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
            const unsigned c = printable ? b : next++;
            made.push_back(c < 0x80 ? std::string{char(c)} : std::string{char(0xC0 | c >> 6), char(0x80 | (c & 0x3F))});
        }
        return made;
    }();
    return all[byte];
}

struct Words {
    std::vector<std::string> tokens{"<|endoftext|>", "<|im_start|>", "<|im_end|>"}, merges;
    std::vector<std::int32_t> types{3, 3, 3};
};

// Control tokens, all bytes, then the merges that build some common words from the left.
Words tinyVocabulary() {
    Words v;
    std::map<std::string, bool> known;
    const auto add = [&](const std::string& token) {
        if (!known.try_emplace(token, true).second) return false;
        v.tokens.push_back(token);
        v.types.push_back(1);
        return true;
    };
    for (unsigned b = 0; b < 0x100; ++b) add(character(b));
    for (const char* word :
         {" the", " and", " of",  " to",   " a",     " in",   " was",    " he",   " she",  " it",    " that", " his",
          " her", " had", " for", " with", " house", " lane", " nobody", " year", " long", " stood", " end",  " lived",
          " The", " It",  " She", " He",   ".\n",    "ing",   "ed",      "ly",    "er",    "s."}) {
        std::string left;
        for (const char* c = word; *c; ++c) {
            const std::string right = character(static_cast<unsigned char>(*c));
            if (!left.empty() && add(left + right)) v.merges.push_back(left + " " + right);
            left += right;
        }
    }
    return v;
}

std::vector<float> tinyEmbedding(std::uint64_t vocabulary) {
    return Random(1).normals(vocabulary * kWidth, 0.5);
}

Result<void> writeDenoiser(const std::filesystem::path& file, std::uint64_t vocabulary) {
    Random random(2);
    std::vector<TensorEntry> entries;
    std::vector<std::vector<float>> values;
    const auto add = [&](const std::string& name, std::vector<std::int64_t> shape, std::vector<float> tensor) {
        entries.push_back({name, StoredType::F32, std::move(shape)});
        values.push_back(std::move(tensor));
    };
    const auto normal = [&](const std::string& name, std::vector<std::int64_t> shape, double deviation) {
        std::uint64_t count = 1;
        for (std::int64_t extent : shape) count *= std::uint64_t(extent);
        add(name, std::move(shape), random.normals(count, deviation));
    };
    const auto embedding = tinyEmbedding(vocabulary);
    add("base.embedding", {2, kWidth}, {embedding.begin() + 5 * kWidth, embedding.begin() + 7 * kWidth});
    normal("absorbing", {kWidth}, 0.2);
    add("schedule", {2, 2}, {0.0f, std::log(0.25f), 1.0f, std::log(1e-5f)});
    normal("level.0.weight", {kLevelWidth, 64}, 0.1);
    normal("level.0.bias", {kLevelWidth}, 0.1);
    normal("level.2.weight", {kWidth, kLevelWidth}, 0.1);
    normal("level.2.bias", {kWidth}, 0.1);
    for (std::uint64_t l = 0; l < kLayers; ++l) {
        const std::string at = std::to_string(l) + ".";
        const std::pair<const char*, std::uint64_t> adapted[] = {{"attn_q", kHeads * kHeadSize},
                                                                 {"attn_k", kKeyHeads * kHeadSize},
                                                                 {"attn_v", kKeyHeads * kHeadSize},
                                                                 {"attn_output", kWidth}};
        for (const auto& [name, rows] : adapted) {
            normal(at + name + ".A", {kRank, kWidth}, 0.1);
            normal(at + name + ".B", {std::int64_t(rows), kRank}, 0.1);
        }
        normal(at + "router", {kExperts, kWidth}, 0.3);
        normal(at + "experts.in", {kExperts, 2 * kExpertWidth, kWidth}, 0.2);
        normal(at + "experts.out", {kExperts, kWidth, kExpertWidth}, 0.2);
    }
    normal("sequential.in.weight", {kSequentialWidth, 3 * kWidth}, 0.2);
    normal("sequential.in.bias", {kSequentialWidth}, 0.2);
    normal("sequential.out.weight", {kWidth, kSequentialWidth}, 0.5);
    entries.push_back({"base.tokens", StoredType::I64, {2}});
    auto writer = SafetensorsWriter::create(file, entries,
                                            {{"format", "palimpsest-denoiser"},
                                             {"format_version", "1"},
                                             {"base", "tiny"},
                                             {"window", "32"},
                                             {"dilation", "2"},
                                             {"dilated_count", "24"},
                                             {"globals", "4"},
                                             {"gamma", "0.5"},
                                             {"top_k", "2"}});
    if (!writer) return writer.error();
    for (const auto& tensor : values)
        if (auto done = writer->append(std::as_bytes(std::span(tensor))); !done) return done;
    const std::int64_t tokens[] = {5, 6};
    if (auto done = writer->append(std::as_bytes(std::span(tokens))); !done) return done;
    return writer->finish();
}

} // namespace

GgufBuilder tinyGguf(const std::string& without) {
    const Words words = tinyVocabulary();
    GgufBuilder gguf;
    gguf.text("general.architecture", "llama");
    gguf.text("general.name", "tiny");
    gguf.integer("llama.block_count", kLayers);
    gguf.integer("llama.context_length", 512);
    gguf.integer("llama.embedding_length", kWidth);
    gguf.integer("llama.feed_forward_length", kFeedForward);
    gguf.integer("llama.attention.head_count", kHeads);
    gguf.integer("llama.attention.head_count_kv", kKeyHeads);
    gguf.real("llama.attention.layer_norm_rms_epsilon", 1e-5f);
    gguf.text("tokenizer.ggml.model", "gpt2");
    gguf.texts("tokenizer.ggml.tokens", words.tokens);
    gguf.integers("tokenizer.ggml.token_type", words.types);
    gguf.texts("tokenizer.ggml.merges", words.merges);
    gguf.integer("tokenizer.ggml.bos_token_id", 1);
    gguf.integer("tokenizer.ggml.eos_token_id", 2);
    gguf.integer("tokenizer.ggml.unknown_token_id", 0);
    Random random(3);
    const auto matrix = [&](const std::string& name, std::uint64_t rows, std::uint64_t columns) {
        const auto values = random.normals(rows * columns, 1 / std::sqrt(double(columns)));
        if (name != without) gguf.tensor(name, {rows, columns}, values);
    };
    const auto norm = [&](const std::string& name) {
        const auto values = std::vector<float>(kWidth, 1.0f);
        if (name != without) gguf.tensor(name, {kWidth}, values);
    };
    gguf.tensor("token_embd.weight", {words.tokens.size(), kWidth}, tinyEmbedding(words.tokens.size()));
    norm("output_norm.weight");
    for (std::uint64_t l = 0; l < kLayers; ++l) {
        const std::string at = "blk." + std::to_string(l) + ".";
        norm(at + "attn_norm.weight");
        matrix(at + "attn_q.weight", kHeads * kHeadSize, kWidth);
        matrix(at + "attn_k.weight", kKeyHeads * kHeadSize, kWidth);
        matrix(at + "attn_v.weight", kKeyHeads * kHeadSize, kWidth);
        matrix(at + "attn_output.weight", kWidth, kHeads * kHeadSize);
        norm(at + "ffn_norm.weight");
        matrix(at + "ffn_gate.weight", kFeedForward, kWidth);
        matrix(at + "ffn_up.weight", kFeedForward, kWidth);
        matrix(at + "ffn_down.weight", kWidth, kFeedForward);
    }
    return gguf;
}

Result<std::filesystem::path> writeTinyModel(const std::filesystem::path& folder, bool withDenoiser) {
    std::filesystem::create_directories(folder.parent_path());
    const std::filesystem::path gguf = folder.string() + ".gguf", denoiser = folder.string() + ".denoiser";
    tinyGguf().write(gguf);
    ImportOptions options;
    options.dtype = StoredType::F32;
    if (withDenoiser) {
        const auto written = writeDenoiser(denoiser, tinyVocabulary().tokens.size());
        if (!written) return written.error();
        options.denoiser = denoiser;
    }
    auto imported = importGguf(gguf, folder, options);
    if (!imported) return imported.error();
    return imported->folder;
}

} // namespace palimpsest::test
