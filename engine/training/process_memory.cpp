#include "engine/training/process_memory.h"

#include <fstream>
#include <sstream>
#include <string>
#include <sys/resource.h>

namespace palimpsest {
namespace {

double kilobytesIn(const char* file, const std::string& field) {
    std::ifstream lines(file);
    for (std::string line; std::getline(lines, line);) {
        if (!line.starts_with(field + ":")) continue;
        std::istringstream rest(line.substr(field.size() + 1));
        double value = 0;
        rest >> value;
        return value;
    }
    return 0;
}

} // namespace

double peakMemoryMb() {
    return kilobytesIn("/proc/self/status", "VmHWM") / 1024;
}

double availableMemoryMb() {
    return kilobytesIn("/proc/meminfo", "MemAvailable") / 1024;
}

double processorSeconds() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    const auto seconds = [](const timeval& time) { return double(time.tv_sec) + double(time.tv_usec) * 1e-6; };
    return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

} // namespace palimpsest
