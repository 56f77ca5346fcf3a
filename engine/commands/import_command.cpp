#include "engine/commands/import_command.h"

#include "engine/api/messages.h"
#include "engine/base/paths.h"
#include "models/import_gguf.h"

#include <cstdio>
#include <unistd.h>

namespace palimpsest {
namespace {

// A bar on stderr when that is a terminal; nothing else ever.
void paintProgress(double done) {
    constexpr int kWidth = 40;
    const int filled = int(done * kWidth);
    std::fprintf(stderr, "\r[%s%s] %3d %%", std::string(std::size_t(filled), '#').c_str(),
                 std::string(std::size_t(kWidth - filled), ' ').c_str(), int(done * 100));
    if (done >= 1) std::fputs("\r\033[K", stderr);
    std::fflush(stderr);
}

} // namespace

CommandRun addImportCommand(CLI::App& app) {
    struct Flags {
        CommonFlags common;
        std::string gguf, out, denoiser, dtype = "bf16";
    };
    auto flags = std::make_shared<Flags>();
    CLI::App* command = app.add_subcommand("import", "Make a model folder from a GGUF file of the Llama family");
    command->add_option("--gguf", flags->gguf, "The GGUF file")->required();
    command->add_option("--out", flags->out, "The folder to make; it may hold an older model")->required();
    command->add_option("--denoiser", flags->denoiser, "Its denoiser (default: the shipped one that fits, if any)");
    command->add_option("--dtype", flags->dtype, "Numbers of the stored matrices: bf16, f32 or int8")
        ->check(CLI::IsMember({"bf16", "f32", "int8"}));
    addCommonFlags(*command, flags->common);
    return [flags] {
        ImportOptions options;
        options.dtype = flags->dtype == "f32"    ? StoredType::F32
                        : flags->dtype == "int8" ? StoredType::I8
                                                 : StoredType::BF16;
        options.denoiser = flags->denoiser;
        options.shippedDenoisers = resourceFile("weights");
        if (isatty(STDERR_FILENO) == 1) options.progress = paintProgress;
        const Result<ImportedModel> model = importGguf(flags->gguf, flags->out, options);
        if (!model) return failed(model.error());
        const Json json = {{"name", model->name}, {"path", model->folder.string()}, {"denoiser", model->hasDenoiser}};
        const std::string plain = model->folder.string() + (model->hasDenoiser ? "" : " (without a denoiser)");
        const bool printed = printOut((flags->common.json ? json.dump(2) : plain) + "\n");
        return printed ? 0 : failed({ErrorCode::Io, "Standard output cannot be written."});
    };
}

} // namespace palimpsest
