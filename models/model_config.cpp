#include "models/model_config.h"

#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>

namespace palimpsest {
namespace {

using Json = nlohmann::json;

constexpr int kFormat = 1;
constexpr const char* kFile = "model.json";
constexpr std::uintmax_t kMaxBytes = 16u << 20;

// One whole number of the file, with its bounds.
struct IntegerField {
    const char* name;
    int* value;
    int least, most;
};

std::vector<IntegerField> shapeFields(ModelConfig& c) {
    return {{"layers", &c.layers, 1, 1024},
            {"width", &c.width, 1, 1 << 17},
            {"heads", &c.heads, 1, 4096},
            {"key_heads", &c.keyHeads, 1, 4096},
            {"head_size", &c.headSize, 2, 1 << 12},
            {"feed_forward", &c.feedForward, 1, 1 << 20},
            {"vocabulary", &c.vocabulary, 2, 1 << 22},
            {"trained_context", &c.trainedContext, 1, 1 << 30},
            {"experts_per_token", &c.expertsPerToken, 1, 256}};
}

std::vector<IntegerField> patternFields(SparsePattern& p) {
    return {{"window", &p.window, 1, 1 << 24},
            {"dilation", &p.dilation, 1, 1 << 12},
            {"count", &p.count, 0, 1 << 20},
            {"globals", &p.globals, 0, 1 << 20}};
}

bool readFields(const Json& json, const std::vector<IntegerField>& fields, std::string& missing) {
    for (const IntegerField& field : fields) {
        const auto found = json.find(field.name);
        if (found == json.end() || !found->is_number_integer() || *found < field.least || *found > field.most) {
            missing = field.name;
            return false;
        }
        *field.value = found->get<int>();
    }
    return true;
}

bool readNumber(const Json& json, const char* name, double least, double most, double& value) {
    const auto found = json.find(name);
    if (found == json.end() || !found->is_number()) return false;
    value = found->get<double>();
    return value >= least && value <= most;
}

std::string textOf(const Json& json, const char* name) {
    const auto found = json.find(name);
    return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool readTokens(const Json& json, ModelConfig& config) {
    const auto found = json.find("never_sampled");
    if (found == json.end() || !found->is_array()) return false;
    for (const Json& id : *found) {
        if (!id.is_number_integer() || id < 0 || id >= config.vocabulary) return false;
        config.neverSampled.push_back(id.get<std::int64_t>());
    }
    return true;
}

// The name of the first field that is missing or out of range; empty when all is well.
std::string readAll(const Json& json, ModelConfig& config) {
    std::string missing;
    if (!readFields(json, shapeFields(config), missing)) return missing;
    const auto pattern = json.find("pattern");
    if (pattern == json.end() || !pattern->is_object()) return "pattern";
    if (!readFields(*pattern, patternFields(config.pattern), missing)) return "pattern." + missing;
    if (!readNumber(json, "rope_theta", 1, 1e12, config.ropeTheta)) return "rope_theta";
    if (!readNumber(json, "norm_epsilon", 1e-12, 0.1, config.normEpsilon)) return "norm_epsilon";
    if (!readNumber(json, "gamma", 0, 1, config.gamma)) return "gamma";
    if (!json.contains("tied_head") || !json["tied_head"].is_boolean()) return "tied_head";
    if (!readTokens(json, config)) return "never_sampled";
    config.tiedHead = json["tied_head"].get<bool>();
    config.name = textOf(json, "name");
    config.family = textOf(json, "family");
    config.baseDigest = textOf(json, "base_sha256");
    config.denoiserDigest = textOf(json, "denoiser_sha256");
    if (config.heads % config.keyHeads != 0) return "key_heads";
    if (config.headSize % 2 != 0) return "head_size";
    return {};
}

} // namespace

Result<ModelConfig> readModelConfig(const std::filesystem::path& folder) {
    const auto path = folder / kFile;
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    if (error) return Error{ErrorCode::NotFound, folder.string() + " is not a model folder: it has no " + kFile};
    std::ifstream file(path);
    if (!file || size > kMaxBytes) return Error{ErrorCode::Io, "cannot read " + path.string()};
    const Json json = Json::parse(file, nullptr, false);
    if (!json.is_object()) return Error{ErrorCode::Corrupt, path.string() + " is not JSON: import the model again"};
    if (const auto format = json.find("format"); format == json.end() || !format->is_number_integer() || *format < 1)
        return Error{ErrorCode::Corrupt, path.string() + " states no format: import the model again"};
    else if (*format > kFormat)
        return Error{ErrorCode::NewerFormat, path.string() + " was written by a newer version of this program"};
    ModelConfig config;
    if (const std::string missing = readAll(json, config); !missing.empty())
        return Error{ErrorCode::Corrupt, path.string() + " has no usable \"" + missing + "\": import the model again"};
    return config;
}

Result<void> writeModelConfig(const ModelConfig& config, const std::filesystem::path& folder) {
    ModelConfig copy = config; // the field lists point into what they describe
    nlohmann::ordered_json json;
    json["format"] = kFormat;
    json["name"] = config.name;
    json["family"] = config.family;
    for (const IntegerField& field : shapeFields(copy)) json[field.name] = *field.value;
    json["tied_head"] = config.tiedHead;
    json["rope_theta"] = config.ropeTheta;
    json["norm_epsilon"] = config.normEpsilon;
    for (const IntegerField& field : patternFields(copy.pattern)) json["pattern"][field.name] = *field.value;
    json["gamma"] = config.gamma;
    json["base_sha256"] = config.baseDigest;
    json["denoiser_sha256"] = config.denoiserDigest;
    json["never_sampled"] = config.neverSampled;

    const auto path = folder / kFile, part = folder / (std::string(kFile) + ".part");
    const std::string text = json.dump(1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
    std::error_code error;
    if (std::ofstream file(part, std::ios::trunc); !(file << text) || !file.flush()) {
        std::filesystem::remove(part, error);
        return Error{ErrorCode::Io, "cannot write " + path.string() + ": is there room on the disk?"};
    }
    std::filesystem::rename(part, path, error);
    if (error) return Error{ErrorCode::Io, "cannot write " + path.string() + ": " + error.message()};
    return {};
}

} // namespace palimpsest
