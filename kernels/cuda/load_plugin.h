// Finds the CUDA plug-in, when there is a card to use it with.
//
// Threads: any; blocks while libraries load (tens of milliseconds with a driver). What was loaded stays loaded until the
// program ends. Fails by saying why, in one sentence a person can act on.
#pragma once

#include "kernels/cuda/plugin.h"

#include <filesystem>
#include <string>

namespace palimpsest::cuda {

struct PluginPaths {
    std::string driver = "libcuda.so.1"; // as the dynamic linker finds it
    std::filesystem::path plugin;        // libpalimpsest_cuda.so
};

// The plug-in beside the running program.
PluginPaths standardPluginPaths();

struct LoadedPlugin {
    const CudaKernels* kernels = nullptr; // null: see reason; else there is at least one device
    std::string reason;
};

LoadedPlugin loadPlugin(const PluginPaths& paths);

} // namespace palimpsest::cuda
