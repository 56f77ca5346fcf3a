#include "engine/training/train_config.h"

#include <algorithm>
#include <cmath>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <variant>

namespace palimpsest {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uintmax_t kMostBytes = 1 << 20;

struct IntegerField {
    int* value;
    int least, most;
};
struct NumberField {
    double* value;
    double least, most;
    bool open = false; // `least` itself is out, and for a range that ends below 1 …
    bool openAbove = false;
};
struct IntegersField {
    std::vector<int>* values;
    int least, most;
};
struct NumbersField {
    std::vector<double>* values;
};
using Value = std::variant<IntegerField, NumberField, IntegersField, NumbersField, std::string*, bool*, std::uint64_t*>;

struct Field {
    const char* key;
    Value value;
};

constexpr int kManySteps = 100'000'000;

std::vector<Field> modelFields(TrainConfig& c) {
    return {{"base", &c.base},
            {"initial", &c.initial},
            {"rank", IntegerField{&c.rank, 0, 1024}},
            {"experts", IntegerField{&c.experts, 0, 256}},
            {"expert_width", IntegerField{&c.expertWidth, 1, 65536}},
            {"experts_per_token", IntegerField{&c.expertsPerToken, 1, 256}},
            {"sequential_width", IntegerField{&c.sequentialWidth, 0, 65536}},
            {"only_sequential", &c.onlySequential},
            {"level_width", IntegerField{&c.levelWidth, 1, 65536}},
            {"layers", IntegersField{&c.layers, 0, 1023}},
            {"window", IntegerField{&c.pattern.window, 1, 1 << 24}},
            {"dilation", IntegerField{&c.pattern.dilation, 1, 1 << 12}},
            {"dilated_count", IntegerField{&c.pattern.count, 0, 1 << 20}},
            {"globals", IntegerField{&c.pattern.globals, 0, 1 << 20}},
            {"gamma", NumberField{&c.gamma, 0, 1}}};
}

std::vector<Field> scratchFields(TrainConfig& c) {
    return {{"way", &c.way},
            {"pairs", &c.pairs},
            {"target_tokens", IntegerField{&c.targetTokens, 2, 512}},
            {"tokenizer", &c.tokenizer},
            {"vocabulary", IntegerField{&c.vocabulary, 300, 1 << 20}},
            {"depth", IntegerField{&c.depth, 1, 1024}},
            {"width", IntegerField{&c.width, 4, 65536}},
            {"heads", IntegerField{&c.heads, 1, 1024}},
            {"feed_forward", IntegerField{&c.feedForward, 1, 1 << 20}},
            {"context", IntegerField{&c.context, 64, 1 << 20}},
            {"objective", &c.objective},
            {"schedule", &c.schedule},
            {"absorbing", &c.absorbing},
            {"evidence", &c.evidence}};
}

std::vector<Field> dataFields(TrainConfig& c) {
    return {{"steps", IntegerField{&c.steps, 1, kManySteps}},
            {"documents_per_step", IntegerField{&c.documentsPerStep, 1, 65536}},
            {"first_document_tokens", IntegerField{&c.firstDocumentTokens, 64, 1 << 20}},
            {"last_document_tokens", IntegerField{&c.lastDocumentTokens, 64, 1 << 20}},
            {"blocks_per_document", IntegerField{&c.blocksPerDocument, 1, 4096}},
            {"block_sizes", IntegersField{&c.blockSizes, 1, 512}},
            {"block_shares", NumbersField{&c.blockShares}},
            {"least_context", IntegerField{&c.leastContext, 1, 1 << 20}},
            {"infill_share", NumberField{&c.infillShare, 0, 1}},
            {"gaps_per_document", IntegerField{&c.gapsPerDocument, 1, 4096}},
            {"frontier_share", NumberField{&c.frontierShare, 0, 1}},
            {"frontier_absorbed", NumberField{&c.frontierAbsorbed, 0, 1}},
            {"lock_share", NumberField{&c.lockShare, 0, 1}}};
}

std::vector<Field> optimiserFields(TrainConfig& c) {
    return {{"distillation", NumberField{&c.distillation, 0, 100}},
            {"cross_entropy", NumberField{&c.crossEntropy, 0, 100}},
            {"balance", NumberField{&c.balance, 0, 100}},
            {"position_decay", NumberField{&c.positionDecay, 0, 1, true}},
            {"learning_rate", NumberField{&c.learningRate, 0, 1, true}},
            {"last_rate_share", NumberField{&c.lastRateShare, 0, 1}},
            {"warmup_steps", IntegerField{&c.warmupSteps, 0, kManySteps}},
            {"beta1", NumberField{&c.beta1, 0, 1, false, true}},
            {"beta2", NumberField{&c.beta2, 0, 1, false, true}},
            {"epsilon", NumberField{&c.epsilon, 0, 1, true}},
            {"weight_decay", NumberField{&c.weightDecay, 0, 1}},
            {"clip", NumberField{&c.clip, 0, 1e6}},
            {"ema", NumberField{&c.ema, 0, 1, false, true}},
            {"dtype", &c.dtype},
            {"checkpoint_activations", &c.checkpointActivations},
            {"seed", &c.seed},
            {"checkpoint_steps", IntegerField{&c.checkpointSteps, 1, kManySteps}},
            {"evaluate_steps", IntegerField{&c.evaluateSteps, 0, kManySteps}},
            {"evaluation_documents", IntegerField{&c.evaluationDocuments, 1, 4096}}};
}

std::vector<Field> allFields(TrainConfig& c) {
    std::vector<Field> all = modelFields(c);
    for (auto* more : {&scratchFields, &dataFields, &optimiserFields}) {
        auto fields = (*more)(c);
        all.insert(all.end(), fields.begin(), fields.end());
    }
    return all;
}

std::string plain(double number) {
    std::ostringstream text;
    text << number;
    return text.str();
}

// What must be said of a value that does not fit; empty when it was taken.
struct Read {
    const Json& json;

    std::string operator()(const IntegerField& field) const {
        if (json.is_number_integer() && json >= field.least && json <= field.most) {
            *field.value = json.get<int>();
            return {};
        }
        return "must be a whole number from " + std::to_string(field.least) + " to " + std::to_string(field.most);
    }
    std::string operator()(const NumberField& field) const {
        const double value = json.is_number() ? json.get<double>() : std::nan("");
        const bool above = field.open ? value > field.least : value >= field.least;
        if (above && (field.openAbove ? value < field.most : value <= field.most)) {
            *field.value = value;
            return {};
        }
        return std::string("must be a number ") + (field.open ? "above " : "from ") + plain(field.least) +
               (field.openAbove ? " to below " : " to ") + plain(field.most);
    }
    std::string operator()(const IntegersField& field) const {
        const std::string wanted =
            "must be a list of whole numbers from " + std::to_string(field.least) + " to " + std::to_string(field.most);
        if (!json.is_array()) return wanted;
        field.values->clear();
        for (const Json& item : json) {
            if (!item.is_number_integer() || item < field.least || item > field.most) return wanted;
            field.values->push_back(item.get<int>());
        }
        return {};
    }
    std::string operator()(const NumbersField& field) const {
        if (!json.is_array()) return "must be a list of numbers from 0";
        field.values->clear();
        for (const Json& item : json) {
            if (!item.is_number() || !(item.get<double>() >= 0)) return "must be a list of numbers from 0";
            field.values->push_back(item.get<double>());
        }
        return {};
    }
    std::string operator()(std::string* value) const {
        if (!json.is_string()) return "must be text";
        *value = json.get<std::string>();
        return {};
    }
    std::string operator()(bool* value) const {
        if (!json.is_boolean()) return "must be true or false";
        *value = json.get<bool>();
        return {};
    }
    std::string operator()(std::uint64_t* value) const {
        if (!json.is_number_unsigned()) return "must be a whole number from 0";
        *value = json.get<std::uint64_t>();
        return {};
    }
};

struct Write {
    Json operator()(const IntegerField& field) const { return *field.value; }
    Json operator()(const NumberField& field) const { return *field.value; }
    Json operator()(const IntegersField& field) const { return *field.values; }
    Json operator()(const NumbersField& field) const { return *field.values; }
    template<class T>
    Json operator()(const T* value) const {
        return *value;
    }
};

Json toJson(const TrainConfig& config) {
    TrainConfig copy = config; // the field lists point into what they describe
    Json json = Json::object();
    for (const Field& field : allFields(copy)) json[field.key] = std::visit(Write{}, field.value);
    return json;
}

std::string scratchMisfit(const TrainConfig& c) {
    if (c.way != "imported" && c.way != "scratch") return "\"way\" must be imported or scratch";
    if (c.objective != "cross_entropy" && c.objective != "squared_error")
        return "\"objective\" must be cross_entropy or squared_error";
    if (c.schedule != "calibrated" && c.schedule != "square_root")
        return "\"schedule\" must be calibrated or square_root";
    if (c.onlySequential && (c.fromScratch() || c.initial.empty() || c.sequentialWidth == 0 || c.weightDecay > 0))
        return "\"only_sequential\" needs an \"initial\" denoiser under a base, a \"sequential_width\" and a "
               "\"weight_decay\" of 0";
    if (!c.fromScratch())
        return c.pairs || c.objective != "cross_entropy" || !c.absorbing || !c.evidence
                   ? "\"pairs\", \"objective\", \"absorbing\" and \"evidence\" are for \"way\": \"scratch\""
                   : "";
    if (c.width % (2 * c.heads) != 0) return "\"width\" must be a multiple of twice \"heads\"";
    if (c.dtype != "float32") return "\"dtype\" must be float32 where all weights are trained";
    if (c.checkpointActivations) return "\"checkpoint_activations\" is not for \"way\": \"scratch\"";
    if (!c.absorbing && (c.gamma > 0 || c.frontierShare * c.frontierAbsorbed > 0))
        return "\"gamma\" and \"frontier_share\" must be 0 without \"absorbing\" states";
    return {};
}

// What is wrong between fields that are each in range; empty when nothing is.
std::string misfit(const TrainConfig& c) {
    if (c.experts > 0 && c.expertsPerToken > c.experts) return "\"experts_per_token\" must not exceed \"experts\"";
    if (!std::ranges::is_sorted(c.layers, std::less_equal{})) return "\"layers\" must ascend";
    if (c.lastDocumentTokens < c.firstDocumentTokens)
        return "\"last_document_tokens\" must be at least \"first_document_tokens\"";
    if (c.blockSizes.empty() || c.blockSizes.size() != c.blockShares.size())
        return "\"block_sizes\" and \"block_shares\" must be lists of the same length, not empty";
    if (std::ranges::all_of(c.blockShares, [](double share) { return share == 0; }))
        return "\"block_shares\" must not all be 0";
    if (c.leastContext * 2 > c.firstDocumentTokens)
        return "\"least_context\" must be at most half of \"first_document_tokens\"";
    if (*std::ranges::max_element(c.blockSizes) > c.firstDocumentTokens / 4)
        return "\"block_sizes\" must be at most a quarter of \"first_document_tokens\"";
    if (c.distillation + c.crossEntropy <= 0) return "\"distillation\" and \"cross_entropy\" must not both be 0";
    if (c.warmupSteps > c.steps) return "\"warmup_steps\" must not exceed \"steps\"";
    if (c.dtype != "float32" && c.dtype != "bfloat16") return "\"dtype\" must be float32 or bfloat16";
    return scratchMisfit(c);
}

} // namespace

bool TrainConfig::adapts(int layer) const {
    return layers.empty() || std::ranges::binary_search(layers, layer);
}

Result<TrainConfig> trainConfigFromText(std::string_view text) {
    const Json json = Json::parse(text, nullptr, false);
    if (!json.is_object()) return Error{ErrorCode::InvalidArgument, "the training config is not a JSON object"};
    TrainConfig config;
    const std::vector<Field> fields = allFields(config);
    for (const auto& [key, value] : json.items()) {
        const auto field = std::ranges::find_if(fields, [&](const Field& f) { return key == f.key; });
        if (field == fields.end())
            return Error{ErrorCode::InvalidArgument, "the training config has an unknown key \"" + key + "\""};
        if (const std::string problem = std::visit(Read{value}, field->value); !problem.empty())
            return Error{ErrorCode::InvalidArgument, "the training config's \"" + key + "\" " + problem};
    }
    if (const std::string problem = misfit(config); !problem.empty())
        return Error{ErrorCode::InvalidArgument, "the training config's " + problem};
    return config;
}

Result<TrainConfig> readTrainConfig(const std::filesystem::path& path) {
    std::error_code error;
    const auto size = std::filesystem::file_size(path, error);
    if (error) return Error{ErrorCode::NotFound, "the training config " + path.string() + " cannot be read"};
    std::ifstream file(path);
    if (!file || size > kMostBytes)
        return Error{ErrorCode::Io, "the training config " + path.string() + " cannot be read"};
    std::ostringstream text;
    text << file.rdbuf();
    return trainConfigFromText(text.str());
}

std::string trainConfigText(const TrainConfig& config) {
    return toJson(config).dump(1) + "\n";
}

std::string continuationProblem(const TrainConfig& before, const TrainConfig& now) {
    const Json a = toJson(before), b = toJson(now);
    for (const auto& [key, value] : a.items()) {
        const bool free = key == "checkpoint_steps" || key == "evaluate_steps" || key == "evaluation_documents" ||
                          key == "base" || key == "initial";
        if (!free && b[key] != value) return key;
    }
    return {};
}

std::vector<std::string> trainConfigKeys() {
    TrainConfig config;
    std::vector<std::string> keys;
    for (const Field& field : allFields(config)) keys.push_back(field.key);
    return keys;
}

} // namespace palimpsest
