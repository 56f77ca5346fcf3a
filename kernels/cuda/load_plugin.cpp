#include "kernels/cuda/load_plugin.h"

#include <dlfcn.h>

namespace palimpsest::cuda {
namespace {

LoadedPlugin failed(const std::string& reason) {
    return {nullptr, reason};
}

// Why the last dlopen or dlsym failed.
std::string linkerError() {
    const char* error = dlerror();
    return error ? error : "unknown error";
}

} // namespace

PluginPaths standardPluginPaths() {
    std::error_code error;
    const std::filesystem::path program = std::filesystem::read_symlink("/proc/self/exe", error);
    PluginPaths paths;
    paths.plugin = program.parent_path() / "libpalimpsest_cuda.so";
    return paths;
}

LoadedPlugin loadPlugin(const PluginPaths& paths) {
    // Asked for first: without a driver the plug-in would load, and fail at its first call.
    if (!dlopen(paths.driver.c_str(), RTLD_NOW | RTLD_LOCAL))
        return failed("no NVIDIA driver is installed (" + linkerError() + ")");
    std::error_code error;
    if (!std::filesystem::exists(paths.plugin, error))
        return failed("this build has no CUDA plug-in (" + paths.plugin.string() + " is not there)");
    void* library = dlopen(paths.plugin.c_str(), RTLD_NOW | RTLD_LOCAL);
    if (!library) return failed("the CUDA plug-in does not load (" + linkerError() + ")");
    using Entry = const CudaKernels* (*)();
    const auto entry = reinterpret_cast<Entry>(dlsym(library, kPluginEntry));
    if (!entry) return failed("the CUDA plug-in is not one of ours (" + linkerError() + ")");
    const CudaKernels* kernels = entry();
    if (!kernels || kernels->version != kPluginVersion)
        return failed("the CUDA plug-in is of another version than this program; install both again");
    if (kernels->deviceCount() == 0) return failed("the NVIDIA driver finds no usable device");
    return {kernels, {}};
}

} // namespace palimpsest::cuda
