#include "engine/commands/command_line.h"

#include "engine/base/utf8.h"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>

namespace palimpsest {
namespace {

struct CloseFile {
    void operator()(std::FILE* file) const {
        if (file != stdin) std::fclose(file);
    }
};

Error fileError(ErrorCode code, const std::string& what, const std::string& problem) {
    return {code, "The " + what + " " + problem + "."};
}

} // namespace

void addCommonFlags(CLI::App& command, CommonFlags& flags) {
    command.add_flag("--json", flags.json, "Print the result as JSON");
    command.add_option("--seed", flags.seed, "Seed of the random numbers; the same one repeats a draft")
        ->check([](const std::string& value) { // else -1 would wrap around
            return value.starts_with('-') ? std::string("must be a whole number from 0") : std::string();
        });
    command.add_option("--threads", flags.threads, "Threads of the model; 0 = the cores this process may use")
        ->check(CLI::Range(0, 1024));
    command.add_option("--device", flags.device, "auto, cpu or cuda:N");
}

int failed(const Error& error) {
    std::string line = error.message;
    std::replace(line.begin(), line.end(), '\n', ' ');
    std::fprintf(stderr, "palimpsest-engine: %s\n", line.c_str());
    return kExitFailed;
}

Result<std::string> readText(const std::string& path, const std::string& what) {
    const std::string name = what + " file \"" + path + "\"";
    std::error_code error;
    if (path != "-" && std::filesystem::is_directory(path, error))
        return fileError(ErrorCode::InvalidArgument, name, "is a folder: give a text file");
    const std::unique_ptr<std::FILE, CloseFile> file(path == "-" ? stdin : std::fopen(path.c_str(), "rb"));
    if (!file) return fileError(ErrorCode::NotFound, name, std::string("cannot be read: ") + std::strerror(errno));
    std::string text;
    char piece[65536];
    while (const std::size_t count = std::fread(piece, 1, sizeof piece, file.get())) {
        text.append(piece, count);
        if (text.size() > DraftLimits::kTextBytes)
            return fileError(ErrorCode::InvalidArgument, name, "is longer than 4 MB: give the part that matters");
    }
    if (std::ferror(file.get())) return fileError(ErrorCode::Io, name, "cannot be read to its end");
    if (text.starts_with("\xEF\xBB\xBF")) text.erase(0, 3);
    if (!isValidUtf8(text)) return fileError(ErrorCode::InvalidArgument, name, "is not UTF-8 text");
    return text;
}

bool printOut(const std::string& text) {
    return std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
}

} // namespace palimpsest
