#include "engine/training/process_memory.h"

#include <fstream>
#include <sstream>
#include <string>

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

} // namespace palimpsest
