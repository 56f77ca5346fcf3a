// Finding the plug-in: every way it can be missing has its own sentence, and a good one is found.
#include "kernels/cuda/load_plugin.h"
#include "tests/support/cases.h"

namespace palimpsest::cuda {
namespace {

constexpr const char* kSomeLibrary = "libc.so.6"; // stands in for the driver

bool contains(const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
}

CASE(withoutADriverNothingIsLoaded) {
    const LoadedPlugin plugin = loadPlugin({"libno-such-driver.so.1", PALIMPSEST_GOOD_PLUGIN});
    CHECK(!plugin.kernels);
    CHECK(contains(plugin.reason, "no NVIDIA driver") && contains(plugin.reason, "libno-such-driver.so.1"))
        << plugin.reason;
}

CASE(aMissingPluginIsSaid) {
    const LoadedPlugin plugin = loadPlugin({kSomeLibrary, "/nowhere/libpalimpsest_cuda.so"});
    CHECK(!plugin.kernels && contains(plugin.reason, "/nowhere/libpalimpsest_cuda.so")) << plugin.reason;
}

CASE(aFileThatIsNoLibraryIsSaid) {
    const LoadedPlugin plugin = loadPlugin({kSomeLibrary, "/proc/self/cmdline"});
    CHECK(!plugin.kernels && contains(plugin.reason, "does not load")) << plugin.reason;
}

CASE(anotherLibraryIsNotTakenForThePlugin) {
    const LoadedPlugin plugin = loadPlugin({kSomeLibrary, PALIMPSEST_OTHER_LIBRARY});
    CHECK(!plugin.kernels && contains(plugin.reason, "not one of ours")) << plugin.reason;
}

CASE(aPluginOfAnotherVersionIsRefused) {
    const LoadedPlugin plugin = loadPlugin({kSomeLibrary, PALIMPSEST_OLD_PLUGIN});
    CHECK(!plugin.kernels && contains(plugin.reason, "another version")) << plugin.reason;
}

CASE(aPluginWithADeviceIsFound) {
    const LoadedPlugin plugin = loadPlugin({kSomeLibrary, PALIMPSEST_GOOD_PLUGIN});
    CHECK(plugin.kernels && plugin.reason.empty()) << plugin.reason;
    CHECK(plugin.kernels && plugin.kernels->deviceCount() == 1);
}

CASE(thePluginIsLookedForBesideTheProgram) {
    const PluginPaths paths = standardPluginPaths();
    CHECK(paths.driver == "libcuda.so.1");
    CHECK(std::filesystem::exists(paths.plugin.parent_path() / "cuda_load_plugin_test")) << paths.plugin.string();
}

#ifdef PALIMPSEST_REAL_PLUGIN
CASE(theRealPluginLoadsAndAnswersWithoutADriver) {
    const LoadedPlugin plugin = loadPlugin({kSomeLibrary, PALIMPSEST_REAL_PLUGIN});
    if (plugin.kernels) return; // there is a device: the gpu test uses it
    CHECK(contains(plugin.reason, "no usable device")) << plugin.reason;
}
#endif

} // namespace
} // namespace palimpsest::cuda
