#include "tests/fuzz/tiny_files.h"

#include <array>
#include <limits>

namespace palimpsest::fuzz {
namespace {

using test::GgufBuilder;

constexpr std::uint64_t kWidth = 32;

// GPT-2's character for a byte.
std::string character(unsigned byte) {
    unsigned next = 0x100, code = 0;
    for (unsigned b = 0; b <= byte; ++b) {
        const bool printable = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
        code = printable ? b : next++;
    }
    return code < 0x80 ? std::string{char(code)} : std::string{char(0xC0 | code >> 6), char(0x80 | (code & 0x3F))};
}

// The table of the byte-level file, small: Q4_0 rows of one block with scale 1, so that its values are whole numbers.
int quantAt(std::uint64_t row, std::uint64_t column) {
    return int((row * 7 + column * 3) % 16);
}

std::string quantisedRows(std::uint64_t rows) {
    std::string bytes;
    for (std::uint64_t row = 0; row < rows; ++row) {
        GgufBuilder::put(bytes, std::uint16_t(0x3C00)); // 1 in half precision
        for (std::uint64_t i = 0; i < 16; ++i) bytes += char(quantAt(row, i) | quantAt(row, i + 16) << 4);
    }
    return bytes;
}

std::vector<float> embedding(std::uint64_t begin, std::uint64_t end) {
    std::vector<float> values;
    for (std::uint64_t row = begin; row < end; ++row)
        for (std::uint64_t i = 0; i < kWidth; ++i) values.push_back(float(quantAt(row, i) - 8));
    return values;
}

void addShape(GgufBuilder& gguf) {
    gguf.text("general.architecture", "llama");
    gguf.text("general.name", "tiny");
    gguf.integer("general.alignment", 32);
    gguf.integer("llama.block_count", 2);
    gguf.integer("llama.context_length", 512);
    gguf.integer("llama.embedding_length", kWidth);
    gguf.integer("llama.feed_forward_length", 64);
    gguf.integer("llama.attention.head_count", 4);
    gguf.integer("llama.attention.head_count_kv", 2);
    gguf.real("llama.attention.layer_norm_rms_epsilon", 1e-5f);
    gguf.integer("tokenizer.ggml.bos_token_id", 1);
    gguf.integer("tokenizer.ggml.eos_token_id", 2);
    gguf.integer("tokenizer.ggml.unknown_token_id", 0);
}

struct Format {
    std::uint32_t type, values, bytes;
};

constexpr std::array<Format, 10> kFormats{{{0, 1, 4},
                                           {1, 1, 2},
                                           {2, 32, 18},
                                           {3, 32, 20},
                                           {6, 32, 22},
                                           {7, 32, 24},
                                           {8, 32, 34},
                                           {12, 256, 144},
                                           {14, 256, 210},
                                           {30, 1, 2}}};

void addTensors(GgufBuilder& gguf) {
    for (const Format& format : kFormats) {
        std::string bytes;
        for (std::uint32_t i = 0; i < 2 * format.bytes; ++i) bytes += char(i * 37 + format.type);
        gguf.tensor(std::string("t").append(std::to_string(format.type)), {2, format.values}, format.type, bytes);
    }
}

} // namespace

std::string byteLevelGguf() {
    GgufBuilder gguf;
    addShape(gguf);
    std::vector<std::string> tokens{"<|endoftext|>", "<|im_start|>", "<|im_end|>"}, merges;
    for (unsigned b = 0; b < 0x100; ++b) tokens.push_back(character(b));
    for (const char* pair :
         {"t h", "th e", "\xC4\xA0 the", "i n", "in g", "\xC3\xA2 \xC4\xA2"}) { // the last: half of a dash
        merges.emplace_back(pair);
        tokens.push_back(merges.back());
        tokens.back().erase(tokens.back().find(' '), 1);
    }
    std::vector<std::int32_t> types(tokens.size(), 1);
    for (std::size_t i = 0; i < 3; ++i) types[i] = 3;
    gguf.text("tokenizer.ggml.model", "gpt2");
    gguf.texts("tokenizer.ggml.tokens", tokens);
    gguf.integers("tokenizer.ggml.token_type", types);
    gguf.texts("tokenizer.ggml.merges", merges);
    gguf.tensor("token_embd.weight", {tokens.size(), kWidth}, 2, quantisedRows(tokens.size()));
    addTensors(gguf);
    return gguf.bytes();
}

std::string sentencePieceGguf() {
    GgufBuilder gguf;
    addShape(gguf);
    const std::vector<std::string> tokens{"<unk>", "<s>", "</s>", "<0x41>", "\xE2\x96\x81the",
                                          "e",     "t",   "",     "user",   "\xFF"};
    gguf.text("tokenizer.ggml.model", "llama");
    gguf.texts("tokenizer.ggml.tokens", tokens);
    gguf.integers("tokenizer.ggml.token_type", {2, 3, 3, 6, 1, 1, 1, 5, 4, 1});
    gguf.reals("tokenizer.ggml.scores", {0, 0, 0, 0, -1, -2, -3, 0, -4, -5});
    gguf.text("llama.rope.scaling.type", "linear");
    gguf.real("llama.rope.scaling.factor", 2);
    gguf.tensor("rope_freqs.weight", {4}, std::vector<float>{1, 1, 2, 4});
    gguf.tensor("token_embd.weight", {tokens.size() + 2, kWidth}, embedding(0, tokens.size() + 2));
    gguf.tensor("output.weight", {tokens.size() + 2, kWidth}, embedding(0, tokens.size() + 2));
    return gguf.bytes();
}

std::string contraryVocabularyGguf() {
    GgufBuilder gguf;
    addShape(gguf);
    const std::vector<std::string> tokens{"<unk>", "<other>", "<unused_3>", "", "<0x41>", "a", "b", "c"};
    const float none = std::numeric_limits<float>::quiet_NaN();
    gguf.text("tokenizer.ggml.model", "llama");
    gguf.texts("tokenizer.ggml.tokens", tokens);
    gguf.reals("tokenizer.ggml.token_type", {2, 2, 1, 1, 1, none, 1e30f, -1e30f});
    gguf.tensor("token_embd.weight", {tokens.size(), kWidth}, 2, quantisedRows(tokens.size()));
    return gguf.bytes();
}

std::string denoiserFile() {
    std::string header =
        R"({"__metadata__":{"window":"32","dilation":"2","dilated_count":"24","globals":"4","gamma":"0.5","top_k":"2",)"
        R"("base":"tiny"},"base.embedding":{"dtype":"F32","shape":[2,32],"data_offsets":[0,256]},)"
        R"("base.tokens":{"dtype":"I64","shape":[2],"data_offsets":[256,272]},)"
        R"("empty":{"dtype":"BF16","shape":[0,3],"data_offsets":[272,272]}})";
    std::string bytes;
    GgufBuilder::put(bytes, std::uint64_t(header.size()));
    bytes += header;
    const std::vector<float> rows = embedding(5, 7);
    bytes.append(reinterpret_cast<const char*>(rows.data()), rows.size() * sizeof(float));
    for (const std::int64_t id : {5, 6}) GgufBuilder::put(bytes, id);
    return bytes;
}

} // namespace palimpsest::fuzz
