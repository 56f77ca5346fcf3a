// A GGUF file from anywhere: header, shape, every tensor down to its values, and its vocabulary down to a tokenizer.
#include "models/denoiser_fit.h"
#include "models/gguf_shape.h"
#include "models/sentencepiece_export.h"
#include "models/tokenizer.h"
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/tiny_files.h"

namespace palimpsest::fuzz {
namespace {

constexpr std::size_t kMaxValues = 1u << 14; // of one tensor, to stay fast

void readTensor(const GgufFile& gguf, std::string_view name, const GgufTensor& tensor) {
    require(tensor.elements() > 0, "a tensor that was read has elements");
    const auto bytes = gguf.bytes(name, tensor);
    if (!bytes) return require(!bytes.error().message.empty(), "an error says what is wrong");
    const QuantisedFormat& format = *quantisedFormat(tensor.type);
    const auto blocks = std::size_t(tensor.elements() / format.blockValues);
    require(bytes->size() == blocks * std::size_t(format.blockBytes), "a tensor's bytes are its blocks");
    const std::size_t taken = std::min(blocks, kMaxValues / std::size_t(format.blockValues));
    std::vector<float> values(taken * std::size_t(format.blockValues));
    dequantise(format, bytes->first(taken * std::size_t(format.blockBytes)), values);
}

void readVocabulary(const GgufFile& gguf, const ModelConfig& config) {
    const GgufTensor* table = gguf.find("token_embd.weight");
    if (!gguf.bytes("token_embd.weight", *table)) return; // as the importer: a table that is not there is not filled up
    const auto made = exportSentencePiece(gguf, config.vocabulary);
    if (!made) return require(!made.error().message.empty(), "an error says what is wrong");
    for (const std::int64_t id : made->neverSampled) require(id >= 0 && id < config.vocabulary, "ids have rows");
    static const InputFile file("tokenizer.model");
    const auto tokenizer = Tokenizer::load(file.put(made->model), config.vocabulary);
    require(tokenizer.ok(), "SentencePiece accepts what was made for it");
    require(tokenizer->size() >= config.vocabulary, "every row has a piece");
    for (const std::int64_t id : tokenizer->encode("the thing, \xE2\x80\x94 caf\xC3\xA9\n\t"))
        require(id >= 0 && id < config.vocabulary, "the tokenizer gives only ids with rows");
}

void checkFit(const GgufFile& gguf, const ModelConfig& config) {
    static const InputFile file("denoiser.safetensors");
    static const auto denoiser = SafetensorsFile::open(file.put(denoiserFile()));
    require(denoiser.ok(), "the denoiser of this test is sound");
    (void)denoiserFits(*denoiser, gguf, config);
}

void readAll(std::string_view bytes) {
    static const InputFile file("x.gguf");
    const auto gguf = GgufFile::open(file.put(bytes));
    if (!gguf) return require(!gguf.error().message.empty(), "an error says what is wrong");
    for (const auto& [name, tensor] : gguf->tensors()) readTensor(*gguf, name, tensor);
    const auto shape = readGgufShape(*gguf);
    if (!shape) return require(!shape.error().message.empty(), "an error says what is wrong");
    const ModelConfig& c = shape->config;
    require(c.layers > 0 && c.width > 0 && c.heads > 0 && c.keyHeads > 0 && c.headSize > 1 && c.vocabulary > 0,
            "a shape that was read is one a model can have");
    require(c.heads % c.keyHeads == 0, "heads share keys evenly");
    require(shape->ropeFactors.empty() || shape->ropeFactors.size() == std::size_t(c.headSize / 2), "a factor a pair");
    checkFit(*gguf, c);
    readVocabulary(*gguf, c);
}

} // namespace

Plan plan() {
    return {{byteLevelGguf(), sentencePieceGguf(), contraryVocabularyGguf()}, 4000};
}

} // namespace palimpsest::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    palimpsest::fuzz::readAll(palimpsest::fuzz::textOf(data, size));
    return 0;
}
