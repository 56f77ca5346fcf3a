#include "kernels/cuda/load_plugin.h"
#include "tests/kernels/cuda/subject.h"

namespace palimpsest::cuda {

const Subject& subject() {
    static const Subject device = [] {
        const LoadedPlugin plugin = loadPlugin(standardPluginPaths());
        if (!plugin.kernels) return Subject{nullptr, "not run on a device: " + plugin.reason, false};
        DeviceInfo info{};
        if (plugin.kernels->deviceInfo(0, &info) != Status::Ok)
            return Subject{nullptr, std::string("not run on a device: ") + plugin.kernels->lastError(), false};
        return Subject{plugin.kernels, {}, info.architecture >= 80};
    }();
    return device;
}

} // namespace palimpsest::cuda
