#include "engine/base/log.h"

#include "engine/base/paths.h"

#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

namespace palimpsest {

void startLogging(const std::string& program, bool verbose) {
    constexpr std::size_t kFileBytes = 2u << 20;
    constexpr std::size_t kFiles = 3;
    auto console = std::make_shared<spdlog::sinks::stderr_color_sink_mt>();
    console->set_level(verbose ? spdlog::level::info : spdlog::level::warn);
    console->set_pattern("%n: %^%l%$: %v");
    std::vector<spdlog::sink_ptr> sinks{console};
    std::string problem;
    try {
        const auto folder = stateFolder() / "logs";
        std::filesystem::create_directories(folder);
        auto file = std::make_shared<spdlog::sinks::rotating_file_sink_mt>((folder / (program + ".log")).string(),
                                                                           kFileBytes, kFiles);
        file->set_pattern("%Y-%m-%dT%H:%M:%S.%e %P %l %v");
        sinks.push_back(std::move(file));
    } catch (const std::exception& e) { // a folder we may not write, or spdlog's own refusal
        problem = e.what();
    }
    auto logger = std::make_shared<spdlog::logger>(program, sinks.begin(), sinks.end());
    logger->set_level(spdlog::level::info);
    logger->flush_on(spdlog::level::info);
    spdlog::set_default_logger(std::move(logger));
    if (!problem.empty()) spdlog::warn("no log file will be written: {}", problem);
}

void logLine(const std::string& line) {
    spdlog::info("{}", line);
}

} // namespace palimpsest
