#include "engine/commands/info_command.h"

#include "engine/api/messages.h"

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

} // namespace

CommandRun addInfoCommand(CLI::App& app) {
    auto flags = std::make_shared<CommonFlags>();
    addCommonFlags(*app.add_subcommand("info", "Installed models, the device and why"), *flags);
    return [flags] {
        EngineInfo info = installedModels(flags->device);
        if (info.device.device.empty())
            return failed(
                {ErrorCode::InvalidArgument, "Unknown device \"" + flags->device + "\": use auto, cpu or cuda:N."});
        if (flags->threads > 0) info.device.threads = flags->threads;
        const std::string out = flags->json ? toJson(info).dump(2) + "\n" : plain(info);
        return printOut(out) ? 0 : failed({ErrorCode::Io, "Standard output cannot be written."});
    };
}

} // namespace palimpsest
