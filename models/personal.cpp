#include "models/personal.h"

#include "models/sha256.h"

#include <algorithm>

namespace palimpsest {
namespace {

std::size_t indexOf(std::string_view matrix) {
    return std::size_t(std::ranges::find(kPersonalMatrices, matrix) - kPersonalMatrices.begin());
}

Result<void> checkOrigin(const SafetensorsFile& file, const ModelConfig& config) {
    const std::string path = file.file()->path().string();
    if (file.metadata("format") != "palimpsest-personal")
        return Error{ErrorCode::Corrupt, path + " is no personal file: choose one that was made by tuning"};
    if (file.metadata("format_version") != "1")
        return Error{ErrorCode::NewerFormat, path + " was made by a newer version of this program"};
    if (file.metadata("base_sha256") != config.baseDigest)
        return Error{ErrorCode::Unsupported, path + " was made for another model" +
                                                 (file.metadata("base").empty() ? "" : ", " + file.metadata("base")) +
                                                 ": load that one, or tune this one"};
    return {};
}

} // namespace

std::array<std::int64_t, 2> personalShape(const ModelConfig& c, std::string_view matrix) {
    const std::int64_t inner = std::int64_t(c.heads) * c.headSize, keys = 2ll * c.keyHeads * c.headSize;
    const std::array<std::array<std::int64_t, 2>, kPersonalMatrices.size()> shapes{
        {{inner + keys, c.width}, {c.width, inner}, {2ll * c.feedForward, c.width}, {c.width, c.feedForward}}};
    return shapes[indexOf(matrix)];
}

Result<PersonalAdapters> PersonalAdapters::load(const std::filesystem::path& path, const ModelConfig& config,
                                                double strength) {
    const auto file = SafetensorsFile::open(path);
    if (!file) return file.error();
    if (auto fits = checkOrigin(*file, config); !fits) return fits.error();
    PersonalAdapters personal;
    personal.m_strength = strength;
    personal.m_layers.resize(std::size_t(config.layers));
    StoredWeights weights(*file, torch::kCPU, torch::kFloat32);
    for (int l = 0; l < config.layers; ++l)
        for (const char* name : kPersonalMatrices) {
            const auto [rows, columns] = personalShape(config, name);
            const std::string at = std::to_string(l) + "." + name;
            const auto inward = weights.readFloat(at + ".A", {-1, columns});
            const auto outward = weights.readFloat(at + ".B", {rows, inward.size(0)});
            personal.m_layers[std::size_t(l)][indexOf(name)] = {inward, outward};
        }
    if (!weights.error())
        return Error{ErrorCode::Corrupt, path.string() + " does not fit the model it names: tune again"};
    Sha256 digest;
    digest.add(file->data());
    digest.add(std::as_bytes(std::span(&strength, 1)));
    personal.m_digest = digest.hex();
    return personal;
}

void PersonalAdapters::addTo(torch::Tensor& matrix, int layer, std::string_view name) const {
    const Pair& pair = m_layers[std::size_t(layer)][indexOf(name)];
    matrix.addmm_(pair.outward.to(matrix.device()), pair.inward.to(matrix.device()), 1, m_strength);
}

} // namespace palimpsest
