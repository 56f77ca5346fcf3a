#include "models/gguf_shape.h"

namespace palimpsest {
namespace {

struct Reader {
    const GgufFile& gguf;
    Error error{};
    bool failed = false;

    void fail(ErrorCode code, const std::string& what) {
        if (!failed) error = {code, gguf.path().string() + " " + what};
        failed = true;
    }
    int integer(const std::string& key, std::int64_t most, std::optional<std::int64_t> otherwise = {}) {
        const auto value = gguf.integer(key);
        const std::int64_t number = value.value_or(otherwise.value_or(0));
        if (number < 1 || number > most) {
            fail(ErrorCode::Corrupt, "states no usable \"" + key + "\"");
            return 1;
        }
        return int(number);
    }
};

std::vector<float> ropeFactors(Reader& r, int headSize) {
    const auto scaling = r.gguf.string("llama.rope.scaling.type").value_or("none");
    if (scaling != "none" && scaling != "linear" && scaling != "") {
        r.fail(ErrorCode::Unsupported, "stretches its positions in a way (\"" + std::string(scaling.substr(0, 40)) +
                                           "\") this program does not know");
        return {};
    }
    std::vector<float> factors;
    if (const GgufTensor* stored = r.gguf.find("rope_freqs.weight")) {
        const auto bytes = r.gguf.bytes("rope_freqs.weight", *stored);
        if (!bytes || stored->type != 0 || stored->elements() != headSize / 2) {
            r.fail(ErrorCode::Corrupt, "holds unusable rope factors");
            return {};
        }
        factors.resize(std::size_t(headSize / 2));
        dequantise(*quantisedFormat(0), *bytes, factors);
    }
    const double linear = scaling == "linear" ? r.gguf.number("llama.rope.scaling.factor").value_or(1) : 1;
    if (linear != 1 && factors.empty()) factors.assign(std::size_t(headSize / 2), 1.0f);
    for (float& factor : factors) {
        factor *= float(linear);
        if (!(factor > 0 && factor < 1e6f)) r.fail(ErrorCode::Corrupt, "holds unusable rope factors");
    }
    return factors;
}

void refuseVariants(Reader& r, int headSize) {
    if (r.gguf.integer("llama.expert_count").value_or(0) > 0)
        r.fail(ErrorCode::Unsupported, "is a mixture of experts, which cannot be imported; take a dense Llama model");
    if (r.gguf.find("blk.0.attn_q.bias") || r.gguf.find("blk.0.attn_q_norm.weight"))
        r.fail(ErrorCode::Unsupported, "has attention biases or norms that no Llama model has");
    if (r.gguf.integer("llama.rope.dimension_count").value_or(headSize) != headSize ||
        r.gguf.integer("llama.attention.value_length").value_or(headSize) != headSize)
        r.fail(ErrorCode::Unsupported, "has heads of a form this program does not know");
}

} // namespace

Result<GgufShape> readGgufShape(const GgufFile& gguf) {
    Reader r{gguf};
    const auto architecture = gguf.string("general.architecture").value_or("");
    if (architecture != "llama")
        return Error{ErrorCode::Unsupported, gguf.path().string() + " holds a model of the architecture \"" +
                                                 std::string(architecture.substr(0, 40)) +
                                                 "\"; only Llama-family models can be imported"};
    GgufShape shape;
    ModelConfig& c = shape.config;
    c.layers = r.integer("llama.block_count", 1024);
    c.width = r.integer("llama.embedding_length", 1 << 17);
    c.feedForward = r.integer("llama.feed_forward_length", 1 << 20);
    c.heads = r.integer("llama.attention.head_count", 4096);
    c.keyHeads = r.integer("llama.attention.head_count_kv", 4096, c.heads);
    c.headSize = r.integer("llama.attention.key_length", 1 << 12, std::max(1, c.width / c.heads));
    c.trainedContext = r.integer("llama.context_length", 1 << 30, 2048);
    c.ropeTheta = gguf.number("llama.rope.freq_base").value_or(10000);
    c.normEpsilon = gguf.number("llama.attention.layer_norm_rms_epsilon").value_or(1e-5);
    if (c.heads % c.keyHeads != 0 || c.headSize % 2 != 0 || !(c.ropeTheta >= 1 && c.ropeTheta <= 1e12) ||
        !(c.normEpsilon >= 1e-12 && c.normEpsilon <= 0.1))
        r.fail(ErrorCode::Corrupt, "states heads, rope base or norm epsilon that no model has");
    const GgufTensor* embedding = gguf.find("token_embd.weight");
    if (!embedding || embedding->shape.size() != 2 || embedding->shape[1] != c.width || embedding->shape[0] > 1 << 22)
        r.fail(ErrorCode::Corrupt, "has no usable embedding table");
    else
        c.vocabulary = int(embedding->shape[0]);
    c.tiedHead = !gguf.find("output.weight");
    refuseVariants(r, c.headSize);
    shape.ropeFactors = ropeFactors(r, c.headSize);
    if (r.failed) return r.error;
    return shape;
}

} // namespace palimpsest
