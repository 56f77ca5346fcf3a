// Runs one fuzzing body without a fuzzer: its seeds, then mutations of them, the same ones every time.
//
//   fuzz_NAME_test                the seeds and their mutations
//   fuzz_NAME_test FILE …         only these inputs, such as libFuzzer found
//   fuzz_NAME_test --seeds DIR    writes the seeds, where libFuzzer begins
//
// The input that ends the process is left behind as fuzz_NAME_test.failed in the folder it was started in.
#include "tests/fuzz/fuzz.h"
#include "tests/fuzz/mutations.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <iterator>
#include <unistd.h>

// Where a sanitizer ends the process no signal comes; null in a build without one.
extern "C" __attribute__((weak)) void __sanitizer_set_death_callback(void (*callback)());

namespace palimpsest::fuzz {
namespace {

std::string g_input;      // the one being run
std::string g_failedFile; // where it goes

// In a signal handler: nothing but system calls.
void keepInput() {
    const int file = ::open(g_failedFile.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0 || ::write(file, g_input.data(), g_input.size()) < 0) return;
    ::close(file);
}

void onDeath(int signal) {
    keepInput();
    std::signal(signal, SIG_DFL);
    std::raise(signal);
}

void run(std::string input) {
    g_input = std::move(input);
    // A copy of exactly its size, so that a sanitizer sees a read past the end.
    const std::vector<std::uint8_t> bytes(g_input.begin(), g_input.end());
    LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
}

int writeSeeds(const std::filesystem::path& folder) {
    std::filesystem::create_directories(folder);
    const Plan all = plan();
    for (std::size_t i = 0; i < all.seeds.size(); ++i)
        std::ofstream(folder / ("seed-" + std::to_string(i)), std::ios::binary) << all.seeds[i];
    return std::filesystem::is_empty(folder) ? 1 : 0;
}

int runFile(const char* path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return std::fprintf(stderr, "cannot read %s\n", path), 1;
    run({std::istreambuf_iterator<char>(file), {}});
    return 0;
}

int runAll() {
    const Plan all = plan();
    for (const std::string& seed : all.seeds) run(seed);
    run({});
    Mutations mutations(all.seeds, 1);
    for (int i = 0; i < all.mutations; ++i) run(mutations.next());
    std::printf("%zu seeds and %d mutations\n", all.seeds.size(), all.mutations);
    return 0;
}

} // namespace
} // namespace palimpsest::fuzz

int main(int argc, char** argv) {
    using namespace palimpsest::fuzz;
    g_failedFile = (std::filesystem::current_path() / std::filesystem::path(argv[0]).filename()).string() + ".failed";
    for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTERM}) std::signal(signal, onDeath);
    if (__sanitizer_set_death_callback) __sanitizer_set_death_callback(keepInput);
    if (argc == 3 && std::string_view(argv[1]) == "--seeds") return writeSeeds(argv[2]);
    int failed = 0;
    for (int i = 1; i < argc; ++i) failed |= runFile(argv[i]);
    return argc > 1 ? failed : runAll();
}
