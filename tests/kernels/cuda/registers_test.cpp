// What ptxas said while the plug-in was built (keep_registers_log.sh): no kernel spills registers or keeps a stack frame.
#include "tests/support/cases.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <regex>
#include <sstream>

namespace palimpsest::cuda {
namespace {

struct Kernel {
    std::string name, architecture;
    int stackBytes = -1, spillBytes = -1, registers = -1; // -1: not said
    bool clean() const { return stackBytes == 0 && spillBytes == 0 && registers > 0; }
};

// Lines of ptxas -v, three a kernel: "Compiling entry function 'name' for 'sm_80'", "N bytes stack frame, N bytes spill
// stores, N bytes spill loads", "Used N registers".
std::vector<Kernel> kernelsIn(std::istream& log) {
    static const std::regex entry("Compiling entry function '([^']*)' for '([^']*)'");
    static const std::regex frame("(\\d+) bytes stack frame, (\\d+) bytes spill stores, (\\d+) bytes spill loads");
    static const std::regex used("Used (\\d+) registers");
    std::vector<Kernel> kernels;
    std::smatch found;
    for (std::string line; std::getline(log, line);) {
        if (std::regex_search(line, found, entry)) kernels.push_back({found[1], found[2]});
        if (kernels.empty()) continue;
        Kernel& kernel = kernels.back();
        if (std::regex_search(line, found, frame)) {
            kernel.stackBytes = std::max(kernel.stackBytes, std::stoi(found[1]));
            kernel.spillBytes = std::max(kernel.spillBytes, std::stoi(found[2]) + std::stoi(found[3]));
        }
        if (std::regex_search(line, found, used)) kernel.registers = std::stoi(found[1]);
    }
    return kernels;
}

CASE(noKernelSpillsOrKeepsAStackFrame) {
    std::map<std::string, int> perArchitecture;
    for (const auto& file : std::filesystem::directory_iterator(PALIMPSEST_PTXAS_LOGS)) {
        if (file.path().extension() != ".ptxas") continue;
        std::ifstream log(file.path());
        for (const Kernel& kernel : kernelsIn(log)) {
            CHECK(kernel.clean()) << kernel.name << kernel.architecture << "stack" << kernel.stackBytes << "spills"
                                  << kernel.spillBytes << "registers" << kernel.registers;
            ++perArchitecture[kernel.architecture];
        }
    }
    // Two formats by three head sizes by three passes, the small ones, and the products of the experts.
    CHECK(!perArchitecture.empty()) << PALIMPSEST_PTXAS_LOGS;
    for (const auto& [architecture, count] : perArchitecture) CHECK(count >= 39) << architecture << count;
}

CASE(aSpillInTheLogIsFound) {
    const auto check = [](const char* frame) {
        std::istringstream log(std::string("ptxas info    : Compiling entry function 'k' for 'sm_80'\n"
                                           "ptxas info    : Function properties for k\n    ") +
                               frame + "\nptxas info    : Used 40 registers, used 1 barriers\n");
        const auto kernels = kernelsIn(log);
        return kernels.size() == 1 && kernels[0].clean();
    };
    CHECK(check("0 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads"));
    CHECK(!check("8 bytes stack frame, 0 bytes spill stores, 0 bytes spill loads"));
    CHECK(!check("0 bytes stack frame, 4 bytes spill stores, 0 bytes spill loads"));
    CHECK(!check("0 bytes stack frame, 0 bytes spill stores, 4 bytes spill loads"));
    CHECK(!check("nothing said"));
}

} // namespace
} // namespace palimpsest::cuda
