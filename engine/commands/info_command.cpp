#include "engine/commands/info_command.h"

#include "engine/api/messages.h"
#include "models/model_config.h"
#include "models/safetensors.h"

namespace palimpsest {
namespace {

std::string plain(const EngineInfo& info) {
    std::string out = "palimpsest-engine " + info.version + "\n";
    out += "device   " + info.device.device + ", " + info.device.dtype + ", " + std::to_string(info.device.threads) +
           " threads. " + info.device.why + "\n";
    for (const ModelInfo& model : info.models)
        out +=
            "model    " + model.name + ", " + std::to_string(model.parameters / 1'000'000) + " M parameters" +
            (model.denoiserParameters > 0 ? ", denoiser " + std::to_string(model.denoiserParameters / 1'000'000) + " M"
                                          : ", no denoiser") +
            "  " + model.path + "\n";
    if (info.models.empty()) out += "model    none installed: run installer/build, or palimpsest-engine import\n";
    return out;
}

// What a personal file says of itself, and which of the installed models takes it (path; empty: none).
Result<Json> personalInfo(const std::string& path, const EngineInfo& info) {
    const auto file = SafetensorsFile::open(path);
    if (!file) return file.error();
    if (file->metadata("format") != "palimpsest-personal")
        return Error{ErrorCode::Corrupt, path + " is no personal file."};
    Json json = {{"path", path}, {"model", ""}};
    for (const auto& [key, value] : file->allMetadata()) json[key] = value;
    for (const ModelInfo& model : info.models)
        if (const auto config = readModelConfig(model.path); config && config->baseDigest == json["base_sha256"])
            json["model"] = model.path;
    return json;
}

std::string plain(const Json& p) {
    const auto of = [&](const char* key) { return p.value(key, std::string("?")); };
    const std::string model = of("model");
    return "personal " + of("path") + ", for " + of("base") + ", from " + of("words") +
           " words; cross-entropy of held-out text " + of("held_out") + ", before " + of("held_out_before") + "; " +
           (model.empty() ? "no installed model takes it" : "goes on " + model) + "\n";
}

} // namespace

CommandRun addInfoCommand(CLI::App& app) {
    struct Flags {
        CommonFlags common;
        std::string personal;
    };
    auto flags = std::make_shared<Flags>();
    CLI::App* command = app.add_subcommand("info", "Installed models, the device and why");
    command->add_option("--personal", flags->personal, "Also what this personal file is, and which model takes it");
    addCommonFlags(*command, flags->common);
    return [flags] {
        const CommonFlags& common = flags->common;
        EngineInfo info = installedModels(common.device);
        if (info.device.device.empty())
            return failed(
                {ErrorCode::InvalidArgument, "Unknown device \"" + common.device + "\": use auto, cpu or cuda:N."});
        if (common.threads > 0) info.device.threads = common.threads;
        Json json = toJson(info);
        std::string text = plain(info);
        if (!flags->personal.empty()) {
            const Result<Json> personal = personalInfo(flags->personal, info);
            if (!personal) return failed(personal.error());
            json["personal"] = *personal;
            text += plain(*personal);
        }
        const std::string out = common.json ? json.dump(2) + "\n" : text;
        return printOut(out) ? 0 : failed({ErrorCode::Io, "Standard output cannot be written."});
    };
}

} // namespace palimpsest
