#include "models/denoiser_fit.h"

#include <charconv>
#include <cmath>
#include <cstring>

namespace palimpsest {
namespace {

constexpr std::size_t kMaxSampled = 4096; // tokens of a fingerprint

float valueAt(const StoredTensor& tensor, std::size_t i) {
    const std::byte* at = tensor.bytes.data() + i * storedTypeBytes(tensor.type);
    std::uint32_t bits = 0;
    std::memcpy(&bits, at, std::min(sizeof bits, storedTypeBytes(tensor.type)));
    if (tensor.type == StoredType::F32) return std::bit_cast<float>(bits);
    return tensor.type == StoredType::BF16 ? bfloatToFloat(std::uint16_t(bits)) : halfToFloat(std::uint16_t(bits));
}

template<class T>
bool parse(const std::string& text, T least, T most, T& value) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc() && end == text.data() + text.size() && value >= least && value <= most;
}

} // namespace

bool denoiserFits(const SafetensorsFile& denoiser, const GgufFile& gguf, const ModelConfig& config) {
    const StoredTensor* tokens = denoiser.find("base.tokens");
    const StoredTensor* sample = denoiser.find("base.embedding");
    const GgufTensor* table = gguf.find("token_embd.weight");
    if (!tokens || !sample || !table || tokens->type != StoredType::I64 || sample->type == StoredType::I64)
        return false;
    const auto width = std::size_t(config.width), count = tokens->bytes.size() / sizeof(std::int64_t);
    if (count == 0 || count > kMaxSampled || sample->shape != std::vector{std::int64_t(count), std::int64_t(width)})
        return false;
    const auto bytes = gguf.bytes("token_embd.weight", *table);
    if (!bytes) return false;
    const QuantisedFormat& format = *quantisedFormat(table->type);
    const std::size_t rowBytes = width / std::size_t(format.blockValues) * std::size_t(format.blockBytes);
    std::vector<float> row(width);
    double apart = 0, norm = 0;
    for (std::size_t i = 0; i < count; ++i) {
        std::int64_t id = 0;
        std::memcpy(&id, tokens->bytes.data() + i * sizeof id, sizeof id);
        if (id < 0 || id >= config.vocabulary) return false;
        dequantise(format, bytes->subspan(std::size_t(id) * rowBytes, rowBytes), row);
        for (std::size_t d = 0; d < width; ++d) {
            const double known = valueAt(*sample, i * width + d);
            apart += (row[d] - known) * (row[d] - known);
            norm += known * known;
        }
    }
    return std::sqrt(apart) <= kFitDistance * std::sqrt(norm);
}

Result<void> takeDenoiserSettings(const SafetensorsFile& denoiser, ModelConfig& config) {
    SparsePattern& p = config.pattern;
    const auto read = [&](const char* key, int least, int most, int& value) {
        return parse(denoiser.metadata(key), least, most, value);
    };
    if (!read("window", 1, 1 << 24, p.window) || !read("dilation", 1, 1 << 12, p.dilation) ||
        !read("dilated_count", 0, 1 << 20, p.count) || !read("globals", 0, 1 << 20, p.globals) ||
        !read("top_k", 1, 256, config.expertsPerToken) || !parse(denoiser.metadata("gamma"), 0.0, 1.0, config.gamma))
        return Error{ErrorCode::Corrupt, denoiser.file()->path().string() +
                                             " does not say what pattern it was trained with: take another denoiser"};
    if (const std::string base = denoiser.metadata("base"); !base.empty()) config.name = base;
    return {};
}

} // namespace palimpsest
